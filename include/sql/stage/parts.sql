-- The parts that a run staged of a table, and whether their tables are still there.
SELECT staged_part.part, staged_part.split_id, staged_part.relation, staged_part.row_count, staged_part.rows_read, EXISTS (
    SELECT 1 FROM pg_catalog.pg_tables AS there
    WHERE there.schemaname || '.' || there.tablename = staged_part.relation
) AS is_there
FROM hybrid_sync.staged_part
WHERE staged_part.run_id = %(run_id)s AND staged_part.table_name = %(table)s
ORDER BY staged_part.part;
