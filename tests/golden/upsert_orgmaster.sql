-- upsert orgmaster, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged."_hybrid_sync_row", judged."org_id", judged."orgname", judged."created_at", judged."updated_at", judged."_hybrid_sync_outcome"
    FROM (
    SELECT
        staged."_hybrid_sync_row", staged."org_id", staged."orgname", staged."created_at", staged."updated_at",
        CASE
            WHEN target."org_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."org_id" IS NOT NULL
                 AND target."orgname"::text COLLATE "C" IS NOT DISTINCT FROM staged."orgname"::text COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
                 THEN 'unchanged'
            WHEN target."org_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."orgmaster__0123456789" AS staged
    LEFT JOIN "public"."orgmaster" AS target ON target."org_id" = staged."org_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged."_hybrid_sync_outcome" <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."orgmaster" AS target ("org_id", "orgname", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."orgname", compared."created_at", compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("org_id") DO UPDATE SET
        "orgname" = EXCLUDED."orgname",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."org_id", ROW(target."orgname", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."orgname", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."org_id" = compared."org_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";