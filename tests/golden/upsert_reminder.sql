-- upsert reminder, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged.row_number, judged.outcome
    FROM (
    SELECT
        staged."_hybrid_sync_row" AS row_number,
        CASE
            WHEN target."rem_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."rem_id" IS NOT NULL
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
                 THEN 'unchanged'
            WHEN target."rem_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS outcome
    FROM "hybrid_sync_staging"."reminder__0123456789" AS staged
    LEFT JOIN "public"."reminder" AS target ON target."rem_id" = staged."rem_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged.outcome <> 'unchanged'
),
upserted AS (
    INSERT INTO "public"."reminder" AS target ("rem_id", "org_id", "loc_id", "staff_id", "remdate", "client_id",
                "client_name", "remtype", "remnotes", "remduedate", "remstatus", "remtime",
                "remtitle", "color", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."rem_id", staged."org_id", staged."loc_id", staged."staff_id", staged."remdate", staged."client_id",
                staged."client_name", staged."remtype", staged."remnotes", staged."remduedate", staged."remstatus", staged."remtime",
                staged."remtitle", staged."color", staged."created_at", staged."updated_at", 'D'
    FROM "hybrid_sync_staging"."reminder__0123456789" AS staged
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
    WHERE compared.outcome IN ('inserted', 'updated')
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
    SELECT compared.outcome, upserted."_hybrid_sync_content" *= ROW(staged."org_id", staged."loc_id", staged."staff_id", staged."remdate", staged."client_id", staged."client_name",
                staged."remtype", staged."remnotes", staged."remduedate", staged."remstatus", staged."remtime", staged."remtitle",
                staged."color", staged."created_at")::record AS is_exact
    FROM upserted
    JOIN "hybrid_sync_staging"."reminder__0123456789" AS staged ON upserted."rem_id" = staged."rem_id"
    JOIN compared ON compared.row_number = staged."_hybrid_sync_row"
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared.outcome, count(*) FROM compared WHERE compared.outcome NOT IN ('inserted', 'updated') GROUP BY compared.outcome;