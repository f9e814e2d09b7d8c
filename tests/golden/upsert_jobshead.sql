-- upsert jobshead, run a_run: one row an outcome.

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
            target."job_id" IS NOT NULL
            AND (target."source" = 'D' OR target."source" IS NULL)
            AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."con_id" IS NOT DISTINCT FROM staged."con_id"
                 AND target."loc_id" IS NOT DISTINCT FROM staged."loc_id"
                 AND target."year_id" IS NOT DISTINCT FROM staged."year_id"
                 AND target."client_id" IS NOT DISTINCT FROM staged."client_id"
                 AND target."jobdate" IS NOT DISTINCT FROM staged."jobdate"
                 AND target."targetdate" IS NOT DISTINCT FROM staged."targetdate"
                 AND target."job_nature" COLLATE "C" IS NOT DISTINCT FROM staged."job_nature" COLLATE "C"
                 AND target."work_desc"::text COLLATE "C" IS NOT DISTINCT FROM staged."work_desc"::text COLLATE "C"
                 AND target."worklocation"::text COLLATE "C" IS NOT DISTINCT FROM staged."worklocation"::text COLLATE "C"
                 AND target."act_man_min" IS NOT DISTINCT FROM staged."act_man_min"
                 AND target."job_status" COLLATE "C" IS NOT DISTINCT FROM staged."job_status" COLLATE "C"
                 AND target."job_uid"::text COLLATE "C" IS NOT DISTINCT FROM staged."job_uid"::text COLLATE "C"
                 AND target."sporg_id" IS NOT DISTINCT FROM staged."sporg_id"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
        ) IS NOT TRUE THEN staged.ctid END AS place
    FROM "hybrid_sync_staging"."jobshead__0123456789" AS staged
    LEFT JOIN "public"."jobshead" AS target ON target."job_id" = staged."job_id"
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
        staged."_hybrid_sync_row", staged."org_id", staged."con_id", staged."loc_id", staged."job_id", staged."year_id", staged."client_id",
                staged."jobdate", staged."targetdate", staged."job_nature", staged."work_desc", staged."worklocation", staged."act_man_min",
                staged."job_status", staged."job_uid", staged."sporg_id", staged."created_at", staged."updated_at",
        CASE
            WHEN target."job_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            WHEN target."job_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."0123456789__difference" AS difference
    JOIN "hybrid_sync_staging"."jobshead__0123456789" AS staged ON staged.ctid = difference.place
    LEFT JOIN "public"."jobshead" AS target ON target."job_id" = staged."job_id"
),
upserted AS (
    INSERT INTO "public"."jobshead" AS target ("org_id", "con_id", "loc_id", "job_id", "year_id", "client_id",
                "jobdate", "targetdate", "job_nature", "work_desc", "worklocation", "act_man_min",
                "job_status", "job_uid", "sporg_id", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."con_id", compared."loc_id", compared."job_id", compared."year_id", compared."client_id",
                compared."jobdate", compared."targetdate", compared."job_nature", compared."work_desc", compared."worklocation", compared."act_man_min",
                compared."job_status", compared."job_uid", compared."sporg_id", compared."created_at", compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("job_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "con_id" = EXCLUDED."con_id",
        "loc_id" = EXCLUDED."loc_id",
        "year_id" = EXCLUDED."year_id",
        "client_id" = EXCLUDED."client_id",
        "jobdate" = EXCLUDED."jobdate",
        "targetdate" = EXCLUDED."targetdate",
        "job_nature" = EXCLUDED."job_nature",
        "work_desc" = EXCLUDED."work_desc",
        "worklocation" = EXCLUDED."worklocation",
        "act_man_min" = EXCLUDED."act_man_min",
        "job_status" = EXCLUDED."job_status",
        "job_uid" = EXCLUDED."job_uid",
        "sporg_id" = EXCLUDED."sporg_id",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."job_id", ROW(target."org_id", target."con_id", target."loc_id", target."year_id", target."client_id", target."jobdate",
                target."targetdate", target."job_nature", target."work_desc", target."worklocation", target."act_man_min", target."job_status",
                target."job_uid", target."sporg_id", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."org_id", compared."con_id", compared."loc_id", compared."year_id", compared."client_id", compared."jobdate",
                compared."targetdate", compared."job_nature", compared."work_desc", compared."worklocation", compared."act_man_min", compared."job_status",
                compared."job_uid", compared."sporg_id", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."job_id" = compared."job_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', difference.rows FROM "hybrid_sync_staging"."0123456789__difference" AS difference WHERE difference.place IS NULL
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";