-- The manifest: what was staged, written in the transaction of the COPY.
INSERT INTO hybrid_sync.staged (
    run_id, table_name, stage_id, relation, row_count, columns, rows_read, duplicates, rejects,
    mode, watermark_column, watermark, extract_uri, staged_at
) VALUES (
    %(run_id)s, %(table)s, %(stage_id)s, %(relation)s, %(rows)s, %(columns)s, %(rows_read)s, %(duplicates)s, %(rejects)s,
    %(mode)s, %(watermark_column)s, %(watermark)s, %(extract_uri)s, now()
)
ON CONFLICT (run_id, table_name) DO UPDATE SET
    stage_id = EXCLUDED.stage_id, relation = EXCLUDED.relation, row_count = EXCLUDED.row_count,
    columns = EXCLUDED.columns, rows_read = EXCLUDED.rows_read, duplicates = EXCLUDED.duplicates,
    rejects = EXCLUDED.rejects, mode = EXCLUDED.mode, watermark_column = EXCLUDED.watermark_column,
    watermark = EXCLUDED.watermark, extract_uri = EXCLUDED.extract_uri, staged_at = EXCLUDED.staged_at;
