-- upsert clients, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged."_hybrid_sync_row", judged."org_id", judged."client_id", judged."name", judged."email", judged."_hybrid_sync_outcome"
    FROM (
    SELECT
        staged."_hybrid_sync_row", staged."org_id", staged."client_id", staged."name", staged."email",
        CASE
            WHEN target."org_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."org_id" IS NOT NULL
                 AND target."name" COLLATE "C" IS NOT DISTINCT FROM staged."name" COLLATE "C"
                 AND target."email" COLLATE "C" IS NOT DISTINCT FROM staged."email" COLLATE "C"
                 THEN 'unchanged'
            -- another row, a phone's or the desktop's, holds a unique value of this one
            WHEN target."org_id" IS NULL AND (EXISTS (SELECT 1 FROM "public"."clients" AS other WHERE other."email" = staged."email" AND NOT (other."org_id" = staged."org_id" AND other."client_id" = staged."client_id"))) THEN 'conflict'
            WHEN target."org_id" IS NOT NULL AND (EXISTS (SELECT 1 FROM "public"."clients" AS other WHERE other."email" = staged."email" AND NOT (other."org_id" = staged."org_id" AND other."client_id" = staged."client_id"))) THEN 'conflict'
            WHEN target."org_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."clients__0123456789" AS staged
    LEFT JOIN "public"."clients" AS target ON target."org_id" = staged."org_id" AND target."client_id" = staged."client_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged."_hybrid_sync_outcome" <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."clients" AS target ("org_id", "client_id", "name", "email", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."client_id", compared."name", compared."email", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("org_id", "client_id") DO UPDATE SET
        "name" = EXCLUDED."name",
        "email" = EXCLUDED."email",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."org_id", target."client_id", ROW(target."name", target."email")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."name", compared."email")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."org_id" = compared."org_id" AND upserted."client_id" = compared."client_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";