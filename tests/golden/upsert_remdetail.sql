-- upsert remdetail, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged.row_number, judged.outcome
    FROM (
    SELECT
        staged."_hybrid_sync_row" AS row_number,
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
        END AS outcome
    FROM "hybrid_sync_staging"."remdetail__0123456789" AS staged
    LEFT JOIN "public"."remdetail" AS target ON target."remd_id" = staged."remd_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged.outcome <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."remdetail" AS target ("remd_id", "rem_id", "staff_id", "remresponse", "remresstatus", "created_at",
                "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."remd_id", staged."rem_id", staged."staff_id", staged."remresponse", staged."remresstatus", staged."created_at",
                staged."updated_at", 'D'
    FROM "hybrid_sync_staging"."remdetail__0123456789" AS staged
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
    WHERE compared.outcome IN ('inserted', 'updated')
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
    SELECT compared.outcome, upserted."_hybrid_sync_content" *= ROW(staged."rem_id", staged."staff_id", staged."remresponse", staged."remresstatus", staged."created_at")::record AS is_exact
    FROM upserted
    JOIN "hybrid_sync_staging"."remdetail__0123456789" AS staged ON upserted."remd_id" = staged."remd_id"
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared.outcome, count(*) FROM compared WHERE compared.outcome NOT IN ('inserted', 'updated') GROUP BY compared.outcome;