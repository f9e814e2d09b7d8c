-- upsert reminder, run a_run: one row an outcome.

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
            target."rem_id" IS NOT NULL
            AND (target."source" = 'D' OR target."source" IS NULL)
            AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."loc_id" IS NOT DISTINCT FROM staged."loc_id"
                 AND target."staff_id" IS NOT DISTINCT FROM staged."staff_id"
                 AND target."remdate" IS NOT DISTINCT FROM staged."remdate"
                 AND target."client_id" IS NOT DISTINCT FROM staged."client_id"
                 AND target."client_name"::text COLLATE "C" IS NOT DISTINCT FROM staged."client_name"::text COLLATE "C"
                 AND target."remtype"::text COLLATE "C" IS NOT DISTINCT FROM staged."remtype"::text COLLATE "C"
                 AND target."remnotes"::text COLLATE "C" IS NOT DISTINCT FROM staged."remnotes"::text COLLATE "C"
                 AND target."remduedate" IS NOT DISTINCT FROM staged."remduedate"
                 AND target."remstatus" IS NOT DISTINCT FROM staged."remstatus"
                 AND target."remtime" IS NOT DISTINCT FROM staged."remtime"
                 AND target."remtitle"::text COLLATE "C" IS NOT DISTINCT FROM staged."remtitle"::text COLLATE "C"
                 AND target."color" IS NOT DISTINCT FROM staged."color"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
        ) IS NOT TRUE THEN staged.ctid END AS place
    FROM "hybrid_sync_staging"."reminder__0123456789" AS staged
    LEFT JOIN "public"."reminder" AS target ON target."rem_id" = staged."rem_id"
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
        staged."_hybrid_sync_row", staged."rem_id", staged."org_id", staged."loc_id", staged."staff_id", staged."remdate", staged."client_id",
                staged."client_name", staged."remtype", staged."remnotes", staged."remduedate", staged."remstatus", staged."remtime",
                staged."remtitle", staged."color", staged."created_at", staged."updated_at",
        CASE
            WHEN target."rem_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            WHEN target."rem_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."0123456789__difference" AS difference
    JOIN "hybrid_sync_staging"."reminder__0123456789" AS staged ON staged.ctid = difference.place
    LEFT JOIN "public"."reminder" AS target ON target."rem_id" = staged."rem_id"
),
upserted AS (
    INSERT INTO "public"."reminder" AS target ("rem_id", "org_id", "loc_id", "staff_id", "remdate", "client_id",
                "client_name", "remtype", "remnotes", "remduedate", "remstatus", "remtime",
                "remtitle", "color", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."rem_id", compared."org_id", compared."loc_id", compared."staff_id", compared."remdate", compared."client_id",
                compared."client_name", compared."remtype", compared."remnotes", compared."remduedate", compared."remstatus", compared."remtime",
                compared."remtitle", compared."color", compared."created_at", compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("rem_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "loc_id" = EXCLUDED."loc_id",
        "staff_id" = EXCLUDED."staff_id",
        "remdate" = EXCLUDED."remdate",
        "client_id" = EXCLUDED."client_id",
        "client_name" = EXCLUDED."client_name",
        "remtype" = EXCLUDED."remtype",
        "remnotes" = EXCLUDED."remnotes",
        "remduedate" = EXCLUDED."remduedate",
        "remstatus" = EXCLUDED."remstatus",
        "remtime" = EXCLUDED."remtime",
        "remtitle" = EXCLUDED."remtitle",
        "color" = EXCLUDED."color",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."rem_id", ROW(target."org_id", target."loc_id", target."staff_id", target."remdate", target."client_id", target."client_name",
                target."remtype", target."remnotes", target."remduedate", target."remstatus", target."remtime", target."remtitle",
                target."color", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."org_id", compared."loc_id", compared."staff_id", compared."remdate", compared."client_id", compared."client_name",
                compared."remtype", compared."remnotes", compared."remduedate", compared."remstatus", compared."remtime", compared."remtitle",
                compared."color", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."rem_id" = compared."rem_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', difference.rows FROM "hybrid_sync_staging"."0123456789__difference" AS difference WHERE difference.place IS NULL
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";