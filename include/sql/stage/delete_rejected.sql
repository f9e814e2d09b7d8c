-- {{ stage.table }}: rejected rows leave the staging.
DELETE FROM {{ stage.relation | relation }} AS staged
USING hybrid_sync.reject
WHERE reject.run_id = {{ stage.run_id | literal }} AND reject.table_name = {{ stage.table | literal }}
  AND reject.row_number = staged.{{ stage.row_number | ident }};
