-- Stagings of all but the newest runs, and those that no run names (the manifest of a run is replaced, never renamed).
-- A run is as new as the last table that it staged.
WITH run AS (
    SELECT staged.run_id, row_number() OVER (ORDER BY max(staged.staged_at) DESC, staged.run_id DESC) AS age
    FROM hybrid_sync.staged
    GROUP BY staged.run_id
)
SELECT staged.run_id, staged.table_name, staged.stage_id::text, staged.relation
FROM hybrid_sync.staged
JOIN run ON run.run_id = staged.run_id
WHERE run.age > %(keep_runs)s AND staged.run_id <> %(run_id)s
UNION ALL
SELECT NULL, NULL, NULL, unnamed.schemaname || '.' || unnamed.tablename
FROM pg_catalog.pg_tables AS unnamed
WHERE unnamed.schemaname = 'hybrid_sync_staging'
  AND unnamed.tablename ~ '__[0-9a-f]{12}$'
  AND NOT EXISTS (
    SELECT 1 FROM hybrid_sync.staged WHERE staged.relation = unnamed.schemaname || '.' || unnamed.tablename
);
