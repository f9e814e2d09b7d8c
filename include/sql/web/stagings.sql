-- What some runs staged last for each table.
SELECT run_id, table_name, stage_id::text
FROM hybrid_sync.staged
WHERE run_id = ANY (%(run_ids)s);
