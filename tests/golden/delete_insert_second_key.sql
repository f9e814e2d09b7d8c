-- delete_insert diary, run a_run: one row an outcome.
WITH gone AS (
    DELETE FROM "public"."diary" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH judged AS MATERIALIZED (
    SELECT
        staged."_hybrid_sync_row" AS row_number,
        CASE
            WHEN EXISTS (SELECT 1 FROM "public"."diary" AS other WHERE other."day" = staged."day" AND other."slot" = staged."slot" AND (other."source" = 'D' OR other."source" IS NULL) IS NOT TRUE) THEN 'conflict'
            ELSE 'inserted'
        END AS outcome
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
),
fresh AS (
    INSERT INTO "public"."diary" ("day", "slot", "body", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."day", staged."slot", staged."body", 'D'
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    JOIN judged ON judged.row_number = staged."_hybrid_sync_row" AND judged.outcome = 'inserted'
    ORDER BY staged."_hybrid_sync_row"
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh
UNION ALL
SELECT judged.outcome, count(*) FROM judged WHERE judged.outcome <> 'inserted' GROUP BY judged.outcome;