-- delete_insert jobtasks, run a_run: one row an outcome.
WITH gone AS (
    DELETE FROM "public"."jobtasks" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH
fresh AS (
    INSERT INTO "public"."jobtasks" ("org_id", "con_id", "loc_id", "job_id", "year_id", "client_id",
                "task_id", "taskorder", "task_desc", "jobdet_man_hrs", "actual_man_hrs", "checklistlinked",
                "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."org_id", staged."con_id", staged."loc_id", staged."job_id", staged."year_id", staged."client_id",
                staged."task_id", staged."taskorder", staged."task_desc", staged."jobdet_man_hrs", staged."actual_man_hrs", staged."checklistlinked",
                staged."created_at", staged."updated_at", 'D'
    FROM "hybrid_sync_staging"."jobtasks__0123456789" AS staged
    ORDER BY staged."_hybrid_sync_row"
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh;