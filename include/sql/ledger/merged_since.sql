-- A run that staged the table later than this staging, and has merged it: its rows are newer.
SELECT newer.run_id
FROM hybrid_sync.staged AS mine
JOIN hybrid_sync.staged AS newer
    ON newer.table_name = mine.table_name AND newer.run_id <> mine.run_id AND newer.staged_at > mine.staged_at
JOIN hybrid_sync.merge_log AS merged ON merged.stage_id = newer.stage_id AND NOT merged.dry_run
WHERE mine.run_id = %(run_id)s AND mine.table_name = %(table)s
ORDER BY newer.staged_at DESC
LIMIT 1;
