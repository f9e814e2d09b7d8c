-- Stagings of all but the newest runs, and those that no manifest names. A run is as new as the last table it staged.
WITH run AS (
    SELECT staged.run_id, row_number() OVER (ORDER BY max(staged.staged_at) DESC, staged.run_id DESC) AS age
    FROM hybrid_sync.staged
    GROUP BY staged.run_id
)
SELECT staged.relation, staged.run_id, staged.table_name
FROM hybrid_sync.staged
JOIN run ON run.run_id = staged.run_id
WHERE run.age > %(keep_runs)s AND staged.run_id <> %(run_id)s
UNION ALL
SELECT there.schemaname || '.' || there.tablename, NULL, NULL
FROM pg_catalog.pg_tables AS there
WHERE there.schemaname = 'hybrid_sync_staging'
  AND there.tablename ~ '__[0-9a-f]{12}$'
  AND NOT EXISTS (
    SELECT 1 FROM hybrid_sync.staged WHERE staged.relation = there.schemaname || '.' || there.tablename
);
