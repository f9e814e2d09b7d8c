-- What was staged of one part, written in the transaction of its COPY.
INSERT INTO hybrid_sync.staged_part (
    run_id, table_name, part, split_id, relation, row_count, rows_read, staged_at
)
SELECT %(run_id)s, %(table)s, %(part)s, %(split_id)s, %(relation)s, count(*), %(rows_read)s, now()
FROM {{ stage.relation | relation }}
ON CONFLICT (run_id, table_name, part) DO UPDATE SET
    split_id = EXCLUDED.split_id, relation = EXCLUDED.relation, row_count = EXCLUDED.row_count,
    rows_read = EXCLUDED.rows_read, staged_at = EXCLUDED.staged_at
RETURNING row_count;
