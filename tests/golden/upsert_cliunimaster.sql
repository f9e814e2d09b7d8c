-- upsert cliunimaster, run a_run: one row an outcome.

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
            target."cliu_id" IS NOT NULL
            AND (target."source" = 'D' OR target."source" IS NULL)
            AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."con_id" IS NOT DISTINCT FROM staged."con_id"
                 AND target."loc_id" IS NOT DISTINCT FROM staged."loc_id"
                 AND target."client_id" IS NOT DISTINCT FROM staged."client_id"
                 AND target."cliunitname"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitname"::text COLLATE "C"
                 AND target."cliunitadd1"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitadd1"::text COLLATE "C"
                 AND target."cliunitadd2"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitadd2"::text COLLATE "C"
                 AND target."cliunitcity"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitcity"::text COLLATE "C"
                 AND target."cliunitpin"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitpin"::text COLLATE "C"
                 AND target."cliunitstate"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitstate"::text COLLATE "C"
                 AND target."cliunitcountry"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitcountry"::text COLLATE "C"
                 AND target."cliunitmail"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitmail"::text COLLATE "C"
                 AND target."cliunitphone"::text COLLATE "C" IS NOT DISTINCT FROM staged."cliunitphone"::text COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
        ) IS NOT TRUE THEN staged.ctid END AS place
    FROM "hybrid_sync_staging"."cliunimaster__0123456789" AS staged
    LEFT JOIN "public"."cliunimaster" AS target ON target."cliu_id" = staged."cliu_id"
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
        staged."_hybrid_sync_row", staged."org_id", staged."con_id", staged."loc_id", staged."client_id", staged."cliu_id", staged."cliunitname",
                staged."cliunitadd1", staged."cliunitadd2", staged."cliunitcity", staged."cliunitpin", staged."cliunitstate", staged."cliunitcountry",
                staged."cliunitmail", staged."cliunitphone", staged."created_at", staged."updated_at",
        CASE
            WHEN target."cliu_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            WHEN target."cliu_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."0123456789__difference" AS difference
    JOIN "hybrid_sync_staging"."cliunimaster__0123456789" AS staged ON staged.ctid = difference.place
    LEFT JOIN "public"."cliunimaster" AS target ON target."cliu_id" = staged."cliu_id"
),
upserted AS (
    INSERT INTO "public"."cliunimaster" AS target ("org_id", "con_id", "loc_id", "client_id", "cliu_id", "cliunitname",
                "cliunitadd1", "cliunitadd2", "cliunitcity", "cliunitpin", "cliunitstate", "cliunitcountry",
                "cliunitmail", "cliunitphone", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT compared."org_id", compared."con_id", compared."loc_id", compared."client_id", compared."cliu_id", compared."cliunitname",
                compared."cliunitadd1", compared."cliunitadd2", compared."cliunitcity", compared."cliunitpin", compared."cliunitstate", compared."cliunitcountry",
                compared."cliunitmail", compared."cliunitphone", compared."created_at", compared."updated_at", 'D'
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ("cliu_id") DO UPDATE SET
        "org_id" = EXCLUDED."org_id",
        "con_id" = EXCLUDED."con_id",
        "loc_id" = EXCLUDED."loc_id",
        "client_id" = EXCLUDED."client_id",
        "cliunitname" = EXCLUDED."cliunitname",
        "cliunitadd1" = EXCLUDED."cliunitadd1",
        "cliunitadd2" = EXCLUDED."cliunitadd2",
        "cliunitcity" = EXCLUDED."cliunitcity",
        "cliunitpin" = EXCLUDED."cliunitpin",
        "cliunitstate" = EXCLUDED."cliunitstate",
        "cliunitcountry" = EXCLUDED."cliunitcountry",
        "cliunitmail" = EXCLUDED."cliunitmail",
        "cliunitphone" = EXCLUDED."cliunitphone",
        "created_at" = EXCLUDED."created_at",
        "source" = 'D'
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING target."cliu_id", ROW(target."org_id", target."con_id", target."loc_id", target."client_id", target."cliunitname", target."cliunitadd1",
                target."cliunitadd2", target."cliunitcity", target."cliunitpin", target."cliunitstate", target."cliunitcountry", target."cliunitmail",
                target."cliunitphone", target."created_at")::record AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= ROW(compared."org_id", compared."con_id", compared."loc_id", compared."client_id", compared."cliunitname", compared."cliunitadd1",
                compared."cliunitadd2", compared."cliunitcity", compared."cliunitpin", compared."cliunitstate", compared."cliunitcountry", compared."cliunitmail",
                compared."cliunitphone", compared."created_at")::record AS is_exact
    FROM upserted
    JOIN compared ON upserted."cliu_id" = compared."cliu_id"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', difference.rows FROM "hybrid_sync_staging"."0123456789__difference" AS difference WHERE difference.place IS NULL
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";