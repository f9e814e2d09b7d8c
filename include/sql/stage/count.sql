-- {{ stage.table }}: the rows in the relation, the rows rejected, and those superseded.
SELECT
    (SELECT count(*) FROM {{ stage.relation | relation }}),
    count(DISTINCT reject.row_number) FILTER (WHERE reject.reason <> {{ superseded | literal }}),
    count(*) FILTER (WHERE reject.reason = {{ superseded | literal }})
FROM hybrid_sync.reject
WHERE reject.run_id = {{ stage.run_id | literal }} AND reject.table_name = {{ stage.table | literal }};
