-- {{ stage.table }}: rejected rows leave the staging.
DELETE FROM {{ stage.relation | relation }} AS staged
USING hybrid_sync.reject
WHERE reject.run_id = %(run_id)s AND reject.table_name = %(table)s
  AND reject.row_number = staged.{{ stage.row_number | ident }};
