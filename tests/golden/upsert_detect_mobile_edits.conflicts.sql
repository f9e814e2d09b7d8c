-- Store the desktop rows that a mobile row stands in the way of, each once, and close those that no longer do.
-- Kinds are PostgreSQL 18's names of replication conflicts.
WITH standing (kind, key, desktop_row, mobile_row) AS (
    SELECT
        'insert_exists' AS kind,
        jsonb_build_object('org_id', staged."org_id", 'client_id', staged."client_id") AS key,
        to_jsonb(staged.*) - '_hybrid_sync_row' AS desktop_row,
        to_jsonb(target.*) AS mobile_row
    FROM "hybrid_sync_staging"."clients__0123456789" AS staged
    JOIN "public"."clients" AS target ON target."org_id" = staged."org_id" AND target."client_id" = staged."client_id"
    WHERE (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE
    UNION ALL
    -- another row holds a unique value of the staged one (an upsert's: whoever owns it)
    SELECT
CASE WHEN own."org_id" IS NULL THEN 'insert_exists' ELSE 'update_exists' END,
        jsonb_build_object('org_id', staged."org_id", 'client_id', staged."client_id") || jsonb_build_object('unique', 'email'),
        to_jsonb(staged.*) - '_hybrid_sync_row',
        to_jsonb(target.*)
    FROM "hybrid_sync_staging"."clients__0123456789" AS staged
    JOIN "public"."clients" AS target ON target."email" = staged."email"
    LEFT JOIN "public"."clients" AS own ON own."org_id" = staged."org_id" AND own."client_id" = staged."client_id"
    WHERE NOT (target."org_id" = staged."org_id" AND target."client_id" = staged."client_id")
      AND (own."org_id" IS NULL)
    UNION ALL
    SELECT 'update_origin_differs', jsonb_build_object('org_id', staged."org_id", 'client_id', staged."client_id"), to_jsonb(staged.*) - '_hybrid_sync_row', to_jsonb(target.*)
    FROM "hybrid_sync_staging"."clients__0123456789" AS staged
    JOIN "public"."clients" AS target ON target."org_id" = staged."org_id" AND target."client_id" = staged."client_id"
    JOIN hybrid_sync.written AS written
        ON written.table_name = 'clients' AND written.key = jsonb_build_object('org_id', target."org_id", 'client_id', target."client_id")
       AND written.columns = 'name text'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
      AND written.digest <> pg_catalog.hashtextextended(ROW(target."name")::record::text, 0)
      AND NOT (ROW(target."name")::record *= ROW(staged."name")::record)
),
closed AS (
    UPDATE hybrid_sync.conflict AS open
    SET resolved_at = now()
    WHERE open.table_name = 'clients' AND open.resolved_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM standing WHERE standing.kind = open.kind AND standing.key = open.key)
      AND open.kind <> 'delete_restricted'
    RETURNING 1
),
stored AS (
    INSERT INTO hybrid_sync.conflict AS open (run_id, table_name, kind, key, desktop_row, mobile_row)
    SELECT DISTINCT ON (standing.kind, standing.key) 'a_run', 'clients', standing.kind, standing.key, standing.desktop_row, standing.mobile_row
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