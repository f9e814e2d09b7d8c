-- upsert learequest, run a_run: one row an outcome.

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
            target."lea_id" IS NOT NULL
            AND (target."source" = 'D' OR target."source" IS NULL)
            AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."loc_id" IS NOT DISTINCT FROM staged."loc_id"
                 AND target."staff_id" IS NOT DISTINCT FROM staged."staff_id"
                 AND target."requestdate" IS NOT DISTINCT FROM staged."requestdate"
                 AND target."fromdate" IS NOT DISTINCT FROM staged."fromdate"
                 AND target."todate" IS NOT DISTINCT FROM staged."todate"
                 AND target."fhvalue" COLLATE "C" IS NOT DISTINCT FROM staged."fhvalue" COLLATE "C"
                 AND target."shvalue" COLLATE "C" IS NOT DISTINCT FROM staged."shvalue" COLLATE "C"
                 AND target."leavetype" COLLATE "C" IS NOT DISTINCT FROM staged."leavetype" COLLATE "C"
                 AND target."leaveremarks"::text COLLATE "C" IS NOT DISTINCT FROM staged."leaveremarks"::text COLLATE "C"
                 AND target."approval_status" COLLATE "C" IS NOT DISTINCT FROM staged."approval_status" COLLATE "C"
                 AND target."approvedby"::text COLLATE "C" IS NOT DISTINCT FROM staged."approvedby"::text COLLATE "C"
                 AND target."approveddate" IS NOT DISTINCT FROM staged."approveddate"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
        ) IS NOT TRUE THEN staged.ctid END AS place
    FROM "hybrid_sync_staging"."learequest__0123456789" AS staged
    LEFT JOIN "public"."learequest" AS target ON target."lea_id" = staged."lea_id"
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
        staged."_hybrid_sync_row", staged."org_id", staged."loc_id", staged."lea_id", staged."staff_id", staged."requestdate", staged."fromdate",
                staged."todate", staged."fhvalue", staged."shvalue", staged."leavetype", staged."leaveremarks", staged."approval_status",
                staged."approvedby", staged."approveddate", staged."created_at", staged."updated_at",
        CASE
            WHEN target."lea_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            WHEN target."lea_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."0123456789__difference" AS difference
    JOIN "hybrid_sync_staging"."learequest__0123456789" AS staged ON staged.ctid = difference.place
    LEFT JOIN "public"."learequest" AS target ON target."lea_id" = staged."lea_id"
),
upserted AS (
    INSERT INTO "public"."learequest" AS target ("org_id", "loc_id", "lea_id", "staff_id", "requestdate", "fromdate",
                "todate", "fhvalue", "shvalue", "leavetype", "leaveremarks", "approval_status",
                "approvedby", "approveddate", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."loc_id", compared."lea_id", compared."staff_id", compared."requestdate", compared."fromdate",
                compared."todate", compared."fhvalue", compared."shvalue", compared."leavetype", compared."leaveremarks", compared."approval_status",
                compared."approvedby", compared."approveddate", compared."created_at", compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("lea_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "loc_id" = EXCLUDED."loc_id",
        "staff_id" = EXCLUDED."staff_id",
        "requestdate" = EXCLUDED."requestdate",
        "fromdate" = EXCLUDED."fromdate",
        "todate" = EXCLUDED."todate",
        "fhvalue" = EXCLUDED."fhvalue",
        "shvalue" = EXCLUDED."shvalue",
        "leavetype" = EXCLUDED."leavetype",
        "leaveremarks" = EXCLUDED."leaveremarks",
        "approval_status" = EXCLUDED."approval_status",
        "approvedby" = EXCLUDED."approvedby",
        "approveddate" = EXCLUDED."approveddate",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."lea_id", ROW(target."org_id", target."loc_id", target."staff_id", target."requestdate", target."fromdate", target."todate",
                target."fhvalue", target."shvalue", target."leavetype", target."leaveremarks", target."approval_status", target."approvedby",
                target."approveddate", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."org_id", compared."loc_id", compared."staff_id", compared."requestdate", compared."fromdate", compared."todate",
                compared."fhvalue", compared."shvalue", compared."leavetype", compared."leaveremarks", compared."approval_status", compared."approvedby",
                compared."approveddate", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."lea_id" = compared."lea_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', difference.rows FROM "hybrid_sync_staging"."0123456789__difference" AS difference WHERE difference.place IS NULL
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";