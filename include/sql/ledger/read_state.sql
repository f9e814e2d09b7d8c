-- How far a table was read, and what was merged since its last full read. Dry runs count for nothing.
WITH merges AS (
    SELECT mode, rejects, finished_at
    FROM hybrid_sync.merge_log
    WHERE table_name = %(table)s AND NOT dry_run
)
SELECT
    stored.column_name,
    stored.value,
    coalesce(staged.columns, '{}') AS columns,
    (
        SELECT count(*) FROM merges
        WHERE mode = 'incremental'
          AND finished_at > coalesce((SELECT max(finished_at) FROM merges WHERE mode = 'full'), '-infinity')
    ) AS incremental_merges,
    coalesce((SELECT rejects FROM merges ORDER BY finished_at DESC LIMIT 1), 0) AS rejects
FROM hybrid_sync.watermark AS stored
LEFT JOIN hybrid_sync.staged AS staged ON staged.table_name = stored.table_name AND staged.run_id = stored.run_id
WHERE stored.table_name = %(table)s;
