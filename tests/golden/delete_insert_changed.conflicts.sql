-- Store the desktop rows that a mobile row stands in the way of, each once, and close those that no longer do.
-- Kinds are PostgreSQL 18's names of replication conflicts.
WITH standing (kind, key, desktop_row, mobile_row) AS (
    
    -- another row holds a unique value of the staged one (an upsert's: whoever owns it)
    SELECT
'insert_exists',
        jsonb_build_object('day', staged."day", 'slot', staged."slot") || jsonb_build_object('unique', 'day, slot'),
        to_jsonb(staged.*) - '_hybrid_sync_row',
        to_jsonb(target.*)
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    JOIN "public"."diary" AS target ON target."day" = staged."day" AND target."slot" = staged."slot"
    WHERE (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE
),
closed AS (
    UPDATE hybrid_sync.conflict AS open
    SET resolved_at = now()
    WHERE open.table_name = 'diary' AND open.resolved_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM standing WHERE standing.kind = open.kind AND standing.key = open.key)
      AND open.kind <> 'delete_restricted'
    RETURNING 1
),
stored AS (
    INSERT INTO hybrid_sync.conflict AS open (run_id, table_name, kind, key, desktop_row, mobile_row)
    SELECT DISTINCT ON (standing.kind, standing.key) 'a_run', 'diary', standing.kind, standing.key, standing.desktop_row, standing.mobile_row
    FROM standing
    ORDER BY standing.kind, standing.key
    ON CONFLICT (table_name, kind, key) WHERE resolved_at IS NULL
    DO UPDATE SET desktop_row = EXCLUDED.desktop_row, mobile_row = EXCLUDED.mobile_row
    WHERE (open.desktop_row, open.mobile_row) IS DISTINCT FROM (EXCLUDED.desktop_row, EXCLUDED.mobile_row)
    RETURNING (open.xmax = 0) AS is_new
)
SELECT
    (SELECT count(*) FROM standing) AS standing,
    (SELECT count(*) FROM stored WHERE is_new) AS new,
    (SELECT count(*) FROM closed) AS closed;