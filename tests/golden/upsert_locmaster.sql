-- upsert locmaster, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged.row_number, judged.outcome
    FROM (
    SELECT
        staged."_hybrid_sync_row" AS row_number,
        CASE
            WHEN target."loc_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."loc_id" IS NOT NULL
                 AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."locname"::text COLLATE "C" IS NOT DISTINCT FROM staged."locname"::text COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
                 THEN 'unchanged'
            WHEN target."loc_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS outcome
    FROM "hybrid_sync_staging"."locmaster__0123456789" AS staged
    LEFT JOIN "public"."locmaster" AS target ON target."loc_id" = staged."loc_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged.outcome <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."locmaster" AS target ("org_id", "loc_id", "locname", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."org_id", staged."loc_id", staged."locname", staged."created_at", staged."updated_at", 'D'
    FROM "hybrid_sync_staging"."locmaster__0123456789" AS staged
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
    WHERE compared.outcome IN ('inserted', 'updated')
    ON CONFLICT ("loc_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "locname" = EXCLUDED."locname",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."loc_id", ROW(target."org_id", target."locname", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT compared.outcome, upserted."_hybrid_sync_content" *= ROW(staged."org_id", staged."locname", staged."created_at")::record AS is_exact
    FROM upserted
    JOIN "hybrid_sync_staging"."locmaster__0123456789" AS staged ON upserted."loc_id" = staged."loc_id"
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared.outcome, count(*) FROM compared WHERE compared.outcome NOT IN ('inserted', 'updated') GROUP BY compared.outcome;