-- upsert remdetail, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged."_hybrid_sync_row", judged."remd_id", judged."rem_id", judged."staff_id", judged."remresponse", judged."remresstatus", judged."created_at",
                judged."updated_at", judged."_hybrid_sync_outcome"
    FROM (
    SELECT
        staged."_hybrid_sync_row", staged."remd_id", staged."rem_id", staged."staff_id", staged."remresponse", staged."remresstatus", staged."created_at",
                staged."updated_at",
        CASE
            WHEN target."remd_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."remd_id" IS NOT NULL
                 AND target."rem_id" IS NOT DISTINCT FROM staged."rem_id"
                 AND target."staff_id" IS NOT DISTINCT FROM staged."staff_id"
                 AND target."remresponse"::text COLLATE "C" IS NOT DISTINCT FROM staged."remresponse"::text COLLATE "C"
                 AND target."remresstatus" COLLATE "C" IS NOT DISTINCT FROM staged."remresstatus" COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
                 THEN 'unchanged'
            WHEN target."remd_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."remdetail__0123456789" AS staged
    LEFT JOIN "public"."remdetail" AS target ON target."remd_id" = staged."remd_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged."_hybrid_sync_outcome" <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."remdetail" AS target ("remd_id", "rem_id", "staff_id", "remresponse", "remresstatus", "created_at",
                "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."remd_id", compared."rem_id", compared."staff_id", compared."remresponse", compared."remresstatus", compared."created_at",
                compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("remd_id") DO UPDATE SET
        "rem_id" = EXCLUDED."rem_id",
        "staff_id" = EXCLUDED."staff_id",
        "remresponse" = EXCLUDED."remresponse",
        "remresstatus" = EXCLUDED."remresstatus",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."remd_id", ROW(target."rem_id", target."staff_id", target."remresponse", target."remresstatus", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."rem_id", compared."staff_id", compared."remresponse", compared."remresstatus", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."remd_id" = compared."remd_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";