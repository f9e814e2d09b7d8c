-- upsert clients, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT
        staged."_hybrid_sync_row" AS row_number,
        CASE
            WHEN target."org_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."org_id" IS NOT NULL
                 AND ROW(target."name", target."email")::record
                  *= ROW(staged."name", staged."email")::record THEN 'unchanged'
            WHEN EXISTS (SELECT 1 FROM "public"."clients" AS other WHERE other."email" = staged."email" AND (other."source" = 'D' OR other."source" IS NULL) IS NOT TRUE) THEN 'conflict'
            WHEN target."org_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS outcome
    FROM "hybrid_sync_staging"."clients__0123456789" AS staged
    LEFT JOIN "public"."clients" AS target ON target."org_id" = staged."org_id" AND target."client_id" = staged."client_id"
),
upserted AS (
    INSERT INTO "public"."clients" AS target ("org_id", "client_id", "name", "email", "source")
    SELECT staged."org_id", staged."client_id", staged."name", staged."email", 'D'
    FROM "hybrid_sync_staging"."clients__0123456789" AS staged
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
    WHERE compared.outcome IN ('inserted', 'updated')
    ON CONFLICT ("org_id", "client_id") DO UPDATE SET
        "name" = EXCLUDED."name",
        "email" = EXCLUDED."email",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target.xmax = 0 AS is_new
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM upserted WHERE is_new
UNION ALL
SELECT 'updated', count(*) FROM upserted WHERE NOT is_new
UNION ALL
SELECT compared.outcome, count(*) FROM compared WHERE compared.outcome NOT IN ('inserted', 'updated') GROUP BY compared.outcome;
