-- How far the desktop was read: the raw maximum of the extract that this transaction merges.
INSERT INTO hybrid_sync.watermark AS stored (table_name, column_name, value, run_id, updated_at)
VALUES (%(table)s, %(column)s, %(value)s, %(run_id)s, now())
ON CONFLICT (table_name) DO UPDATE
SET column_name = EXCLUDED.column_name, value = EXCLUDED.value, run_id = EXCLUDED.run_id, updated_at = EXCLUDED.updated_at;
