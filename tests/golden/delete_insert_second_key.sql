-- delete_insert diary, run a_run: one row an outcome.
WITH gone AS (
    DELETE FROM "public"."diary" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH judged AS (
    SELECT
        staged."day", staged."slot", staged."body", staged."_hybrid_sync_row",
EXISTS (SELECT 1 FROM "public"."diary" AS other WHERE other."day" = staged."day" AND other."slot" = staged."slot" AND (other."source" = 'D' OR other."source" IS NULL) IS NOT TRUE) AS is_conflict    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
),
fresh AS (
    INSERT INTO "public"."diary" ("day", "slot", "body", "source")
    SELECT judged."day", judged."slot", judged."body", 'D'
    FROM judged
    WHERE NOT judged.is_conflict
    ORDER BY judged."_hybrid_sync_row"
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh
UNION ALL
SELECT 'conflict', count(*) FROM judged WHERE judged.is_conflict;