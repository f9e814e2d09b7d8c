-- Mobile rows that some runs found in each table before they began.
SELECT run_id, table_name, mobile_rows
FROM hybrid_sync.mobile_snapshot
WHERE run_id = ANY (%(run_ids)s);
