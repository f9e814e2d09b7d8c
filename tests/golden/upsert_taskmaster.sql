-- upsert taskmaster, run a_run: one row an outcome.

-- 1. The staged rows that the target does not hold as they are: each one's place in the staging, and in one row without a
-- place the number of all others. What a statement only reads, the server may share among processes, which it never
-- does in one that writes; so the difference gets a table of its own.
-- Measured with 1,000,000 rows: tables that lie in the order of their keys are merged in 0.6 s and hashed in 1.0 s, others
-- merged in 3.3 s and hashed in 1.3 s. With random_page_cost at 4 the planner hashes either, with 1.1 it merges either.
SET LOCAL random_page_cost = 2.5;
SET LOCAL hash_mem_multiplier = 1;
CREATE UNLOGGED TABLE "hybrid_sync_staging"."0123456789__difference" AS
SELECT judged.place, count(*) AS rows
FROM (
    SELECT
        -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
        CASE WHEN (
            target."task_id" IS NOT NULL
            AND (target."source" = 'D' OR target."source" IS NULL)
            AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."con_id" IS NOT DISTINCT FROM staged."con_id"
                 AND target."loc_id" IS NOT DISTINCT FROM staged."loc_id"
                 AND target."task_desc"::text COLLATE "C" IS NOT DISTINCT FROM staged."task_desc"::text COLLATE "C"
                 AND target."task_status" IS NOT DISTINCT FROM staged."task_status"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
        ) IS NOT TRUE THEN staged.ctid END AS place
    FROM "hybrid_sync_staging"."taskmaster__0123456789" AS staged
    LEFT JOIN "public"."taskmaster" AS target ON target."task_id" = staged."task_id"
    -- no row; it keeps the planner from expecting a group for each row, and so from counting in one process alone
    UNION ALL
    SELECT NULL WHERE FALSE
) AS judged
GROUP BY judged.place;
SET LOCAL random_page_cost TO DEFAULT;
SET LOCAL hash_mem_multiplier TO DEFAULT;
ANALYZE "hybrid_sync_staging"."0123456789__difference";

-- From here on, what is written is counted, table by table (merge/writes.sql).
-- 2. Every row of the difference is judged, and written if it may be.
WITH compared AS MATERIALIZED (
    SELECT
        staged."_hybrid_sync_row", staged."org_id", staged."con_id", staged."loc_id", staged."task_id", staged."task_desc", staged."task_status",
                staged."created_at", staged."updated_at",
        CASE
            WHEN target."task_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            WHEN target."task_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."0123456789__difference" AS difference
    JOIN "hybrid_sync_staging"."taskmaster__0123456789" AS staged ON staged.ctid = difference.place
    LEFT JOIN "public"."taskmaster" AS target ON target."task_id" = staged."task_id"
),
upserted AS (
    INSERT INTO "public"."taskmaster" AS target ("org_id", "con_id", "loc_id", "task_id", "task_desc", "task_status",
                "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."con_id", compared."loc_id", compared."task_id", compared."task_desc", compared."task_status",
                compared."created_at", compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("task_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "con_id" = EXCLUDED."con_id",
        "loc_id" = EXCLUDED."loc_id",
        "task_desc" = EXCLUDED."task_desc",
        "task_status" = EXCLUDED."task_status",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."task_id", ROW(target."org_id", target."con_id", target."loc_id", target."task_desc", target."task_status", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."org_id", compared."con_id", compared."loc_id", compared."task_desc", compared."task_status", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."task_id" = compared."task_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', difference.rows FROM "hybrid_sync_staging"."0123456789__difference" AS difference WHERE difference.place IS NULL
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";