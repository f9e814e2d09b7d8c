-- delete_insert diary (rewrite: changed), run a_run: one row an outcome.
-- A difference of multisets: the n-th desktop row of some content stays if the staging holds that content n times.
WITH kept AS MATERIALIZED (
    SELECT present.relation, present.place, wanted.row_number
    FROM (
        SELECT
            target.tableoid AS relation, target.ctid AS place, hashed.digest,
            row_number() OVER (PARTITION BY hashed.digest ORDER BY target.tableoid, target.ctid) AS copy,
            ROW(target."day", target."slot", target."body")::record AS content
        FROM "public"."diary" AS target
        CROSS JOIN LATERAL (
            SELECT pg_catalog.hashtextextended(ROW(target."day", target."slot", target."body")::record::text, 0) AS digest
        ) AS hashed
        WHERE (target."source" = 'D' OR target."source" IS NULL)
    ) AS present
    JOIN (
        SELECT
            staged."_hybrid_sync_row" AS row_number, hashed.digest,
            row_number() OVER (PARTITION BY hashed.digest ORDER BY staged."_hybrid_sync_row") AS copy,
            ROW(staged."day", staged."slot", staged."body")::record AS content
        FROM "hybrid_sync_staging"."diary__0123456789" AS staged
        CROSS JOIN LATERAL (
            SELECT pg_catalog.hashtextextended(ROW(staged."day", staged."slot", staged."body")::record::text, 0) AS digest
        ) AS hashed
    ) AS wanted ON wanted.digest = present.digest AND wanted.copy = present.copy
    -- where two contents share a digest, the bytes decide
    WHERE wanted.content *= present.content
),
gone AS (
    DELETE FROM "public"."diary" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
      AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.place = target.ctid AND kept.relation = target.tableoid)
    RETURNING 1
),
judged AS MATERIALIZED (
    SELECT
        staged."_hybrid_sync_row" AS row_number,
        CASE
            WHEN EXISTS (SELECT 1 FROM "public"."diary" AS other WHERE other."day" = staged."day" AND other."slot" = staged."slot" AND (other."source" = 'D' OR other."source" IS NULL) IS NOT TRUE) THEN 'conflict'
            WHEN TRUE THEN 'inserted'
        END AS outcome
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    WHERE NOT EXISTS (SELECT 1 FROM kept WHERE kept.row_number = staged."_hybrid_sync_row")
),
fresh AS (
    INSERT INTO "public"."diary" ("day", "slot", "body", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."day", staged."slot", staged."body", 'D'
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    JOIN judged ON judged.row_number = staged."_hybrid_sync_row" AND judged.outcome = 'inserted'
    -- the deletion runs to its end before the first insert, so that a unique value can move to another row
    WHERE (SELECT count(*) FROM gone) >= 0
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'inserted', count(*) FROM fresh
UNION ALL
SELECT 'unchanged', count(*) FROM kept
UNION ALL
SELECT judged.outcome, count(*) FROM judged WHERE judged.outcome <> 'inserted' GROUP BY judged.outcome;