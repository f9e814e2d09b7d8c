-- upsert jobmaster, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged."_hybrid_sync_row", judged."org_id", judged."con_id", judged."loc_id", judged."job_id", judged."jobdesc", judged."jobstatus",
                judged."created_at", judged."updated_at", judged."_hybrid_sync_outcome"
    FROM (
    SELECT
        staged."_hybrid_sync_row", staged."org_id", staged."con_id", staged."loc_id", staged."job_id", staged."jobdesc", staged."jobstatus",
                staged."created_at", staged."updated_at",
        CASE
            WHEN target."job_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."job_id" IS NOT NULL
                 AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."con_id" IS NOT DISTINCT FROM staged."con_id"
                 AND target."loc_id" IS NOT DISTINCT FROM staged."loc_id"
                 AND target."jobdesc"::text COLLATE "C" IS NOT DISTINCT FROM staged."jobdesc"::text COLLATE "C"
                 AND target."jobstatus" COLLATE "C" IS NOT DISTINCT FROM staged."jobstatus" COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
                 THEN 'unchanged'
            WHEN target."job_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."jobmaster__0123456789" AS staged
    LEFT JOIN "public"."jobmaster" AS target ON target."job_id" = staged."job_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged."_hybrid_sync_outcome" <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."jobmaster" AS target ("org_id", "con_id", "loc_id", "job_id", "jobdesc", "jobstatus",
                "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."con_id", compared."loc_id", compared."job_id", compared."jobdesc", compared."jobstatus",
                compared."created_at", compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("job_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "con_id" = EXCLUDED."con_id",
        "loc_id" = EXCLUDED."loc_id",
        "jobdesc" = EXCLUDED."jobdesc",
        "jobstatus" = EXCLUDED."jobstatus",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."job_id", ROW(target."org_id", target."con_id", target."loc_id", target."jobdesc", target."jobstatus", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."org_id", compared."con_id", compared."loc_id", compared."jobdesc", compared."jobstatus", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."job_id" = compared."job_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";