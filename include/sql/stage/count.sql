-- What the relation holds, and how many rows of the extract were rejected.
SELECT
    (SELECT count(*) FROM {{ stage.relation | relation }}),
    (SELECT count(DISTINCT reject.row_number) FROM hybrid_sync.reject
     WHERE reject.run_id = %(run_id)s AND reject.table_name = %(table)s AND reject.reason <> %(superseded)s);
