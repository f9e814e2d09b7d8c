-- What a run staged for a table.
SELECT stage_id::text, relation, row_count, columns, rows_read, duplicates, rejects, mode, watermark_column, watermark, extract_uri
FROM hybrid_sync.staged
WHERE run_id = %(run_id)s AND table_name = %(table)s;
