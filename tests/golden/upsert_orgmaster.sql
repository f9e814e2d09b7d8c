-- upsert orgmaster, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged.row_number, judged.outcome
    FROM (
    SELECT
        staged."_hybrid_sync_row" AS row_number,
        CASE
            WHEN target."org_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."org_id" IS NOT NULL
                 AND target."orgname"::text COLLATE "C" IS NOT DISTINCT FROM staged."orgname"::text COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
                 THEN 'unchanged'
            WHEN target."org_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS outcome
    FROM "hybrid_sync_staging"."orgmaster__0123456789" AS staged
    LEFT JOIN "public"."orgmaster" AS target ON target."org_id" = staged."org_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged.outcome <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."orgmaster" AS target ("org_id", "orgname", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."org_id", staged."orgname", staged."created_at", staged."updated_at", 'D'
    FROM "hybrid_sync_staging"."orgmaster__0123456789" AS staged
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
    WHERE compared.outcome IN ('inserted', 'updated')
    ON CONFLICT ("org_id") DO UPDATE SET
        "orgname" = EXCLUDED."orgname",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."org_id", ROW(target."orgname", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT compared.outcome, upserted."_hybrid_sync_content" *= ROW(staged."orgname", staged."created_at")::record AS is_exact
    FROM upserted
    JOIN "hybrid_sync_staging"."orgmaster__0123456789" AS staged ON upserted."org_id" = staged."org_id"
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared.outcome, count(*) FROM compared WHERE compared.outcome NOT IN ('inserted', 'updated') GROUP BY compared.outcome;