-- Open conflicts by table and kind: how many, since when, and the first keys. The two rows stay in the database.
WITH groups AS (
    SELECT table_name, kind, count(*) AS conflicts, min(detected_at) AS since
    FROM hybrid_sync.conflict
    WHERE resolved_at IS NULL
    GROUP BY table_name, kind
    ORDER BY table_name, kind
    LIMIT %(groups)s
)
SELECT groups.table_name, groups.kind, groups.conflicts, groups.since, sample.key, sample.run_id, sample.detected_at
FROM groups
CROSS JOIN LATERAL (
    SELECT stored.key::text AS key, stored.run_id, stored.detected_at
    FROM hybrid_sync.conflict AS stored
    WHERE stored.table_name = groups.table_name AND stored.kind = groups.kind AND stored.resolved_at IS NULL
    ORDER BY stored.key
    LIMIT %(keys)s
) AS sample
ORDER BY groups.table_name, groups.kind;
