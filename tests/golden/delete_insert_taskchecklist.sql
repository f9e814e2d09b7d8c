-- delete_insert taskchecklist, run a_run: one row an outcome.
WITH gone AS (
    DELETE FROM "public"."taskchecklist" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH judged AS (
    SELECT
        staged."org_id", staged."loc_id", staged."task_id", staged."checklistdesc", staged."applicable", staged."completedby",
                staged."completeddate", staged."comments", staged."checkliststatus", staged."job_id", staged."created_at", staged."updated_at", staged."_hybrid_sync_row",
FALSE AS is_conflict    FROM "hybrid_sync_staging"."taskchecklist__0123456789" AS staged
),
fresh AS (
    INSERT INTO "public"."taskchecklist" ("org_id", "loc_id", "task_id", "checklistdesc", "applicable", "completedby",
                "completeddate", "comments", "checkliststatus", "job_id", "created_at", "updated_at", "source")
    SELECT judged."org_id", judged."loc_id", judged."task_id", judged."checklistdesc", judged."applicable", judged."completedby",
                judged."completeddate", judged."comments", judged."checkliststatus", judged."job_id", judged."created_at", judged."updated_at", 'D'
    FROM judged
    WHERE NOT judged.is_conflict
    ORDER BY judged."_hybrid_sync_row"
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh;