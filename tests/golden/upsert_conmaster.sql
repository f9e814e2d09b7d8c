-- upsert conmaster, run a_run: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT judged."_hybrid_sync_row", judged."org_id", judged."con_id", judged."conname", judged."conmail", judged."conphone", judged."created_at",
                judged."updated_at", judged."_hybrid_sync_outcome"
    FROM (
    SELECT
        staged."_hybrid_sync_row", staged."org_id", staged."con_id", staged."conname", staged."conmail", staged."conphone", staged."created_at",
                staged."updated_at",
        CASE
            WHEN target."con_id" IS NOT NULL AND (target."source" = 'D' OR target."source" IS NULL) IS NOT TRUE THEN 'conflict'
            -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
            WHEN target."con_id" IS NOT NULL
                 AND target."org_id" IS NOT DISTINCT FROM staged."org_id"
                 AND target."conname"::text COLLATE "C" IS NOT DISTINCT FROM staged."conname"::text COLLATE "C"
                 AND target."conmail"::text COLLATE "C" IS NOT DISTINCT FROM staged."conmail"::text COLLATE "C"
                 AND target."conphone"::text COLLATE "C" IS NOT DISTINCT FROM staged."conphone"::text COLLATE "C"
                 AND target."created_at" IS NOT DISTINCT FROM staged."created_at"
                 THEN 'unchanged'
            WHEN target."con_id" IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM "hybrid_sync_staging"."conmaster__0123456789" AS staged
    LEFT JOIN "public"."conmaster" AS target ON target."con_id" = staged."con_id"
    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged."_hybrid_sync_outcome" <> 'unchanged'
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
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";