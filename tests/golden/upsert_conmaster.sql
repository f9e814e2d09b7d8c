-- upsert conmaster, run a_run: one row an outcome.

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
            target."con_id" IS NOT NULL
            AND (target."source" = 'D' OR target."source" IS NULL)
            AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."conname"::text COLLATE "C" IS NOT DISTINCT FROM staged."conname"::text COLLATE "C"
                 AND target."conmail"::text COLLATE "C" IS NOT DISTINCT FROM staged."conmail"::text COLLATE "C"
                 AND target."conphone"::text COLLATE "C" IS NOT DISTINCT FROM staged."conphone"::text COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
        ) IS NOT TRUE THEN staged.ctid END AS place
    FROM "hybrid_sync_staging"."conmaster__0123456789" AS staged
    LEFT JOIN "public"."conmaster" AS target ON target."con_id" = staged."con_id"
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
        staged."_hybrid_sync_row", staged."org_id", staged."con_id", staged."conname", staged."conmail", staged."conphone", staged."created_at",
                staged."updated_at",
        CASE
            WHEN target."con_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            WHEN target."con_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."0123456789__difference" AS difference
    JOIN "hybrid_sync_staging"."conmaster__0123456789" AS staged ON staged.ctid = difference.place
    LEFT JOIN "public"."conmaster" AS target ON target."con_id" = staged."con_id"
),
upserted AS (
    INSERT INTO "public"."conmaster" AS target ("org_id", "con_id", "conname", "conmail", "conphone", "created_at",
                "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."con_id", compared."conname", compared."conmail", compared."conphone", compared."created_at",
                compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("con_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "conname" = EXCLUDED."conname",
        "conmail" = EXCLUDED."conmail",
        "conphone" = EXCLUDED."conphone",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."con_id", ROW(target."org_id", target."conname", target."conmail", target."conphone", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."org_id", compared."conname", compared."conmail", compared."conphone", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."con_id" = compared."con_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', difference.rows FROM "hybrid_sync_staging"."0123456789__difference" AS difference WHERE difference.place IS NULL
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";