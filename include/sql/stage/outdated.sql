-- Stagings of all but the newest runs, and those that no manifest names. A run is as new as the last table it staged.
WITH known AS (
    SELECT staged.relation, staged.run_id, staged.table_name, staged.staged_at
    FROM hybrid_sync.staged
    UNION ALL
    SELECT staged_part.relation, staged_part.run_id, staged_part.table_name, staged_part.staged_at
    FROM hybrid_sync.staged_part
), run AS (
    SELECT known.run_id, row_number() OVER (ORDER BY max(known.staged_at) DESC, known.run_id DESC) AS age
    FROM known
    GROUP BY known.run_id
)
SELECT known.relation, known.run_id, known.table_name
FROM known
JOIN run ON run.run_id = known.run_id
WHERE run.age > %(keep_runs)s AND known.run_id <> %(run_id)s
UNION ALL
SELECT there.schemaname || '.' || there.tablename, NULL, NULL
FROM pg_catalog.pg_tables AS there
WHERE there.schemaname = 'hybrid_sync_staging'
  AND there.tablename ~ '__[0-9a-f]{12}$'
  AND NOT EXISTS (
    SELECT 1 FROM known WHERE known.relation = there.schemaname || '.' || there.tablename
);
