-- delete_insert taskchecklist, run a_run: one row an outcome.
WITH gone AS (
    DELETE FROM "public"."taskchecklist" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH
fresh AS (
    INSERT INTO "public"."taskchecklist" ("org_id", "loc_id", "task_id", "checklistdesc", "applicable", "completedby",
                "completeddate", "comments", "checkliststatus", "job_id", "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."org_id", staged."loc_id", staged."task_id", staged."checklistdesc", staged."applicable", staged."completedby",
                staged."completeddate", staged."comments", staged."checkliststatus", staged."job_id", staged."created_at", staged."updated_at", 'D'
    FROM "hybrid_sync_staging"."taskchecklist__0123456789" AS staged
    ORDER BY staged."_hybrid_sync_row"
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh;