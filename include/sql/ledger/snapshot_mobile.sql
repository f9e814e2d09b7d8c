-- Mobile rows that a run finds before it begins. A second preflight of the run keeps the first count.
INSERT INTO hybrid_sync.mobile_snapshot (run_id, table_name, mobile_rows, taken_at)
VALUES (%(run_id)s, %(table)s, %(mobile_rows)s, clock_timestamp())
ON CONFLICT (run_id, table_name) DO NOTHING;
