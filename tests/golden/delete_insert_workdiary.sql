-- delete_insert workdiary, run a_run: one row an outcome.
WITH gone AS (
    DELETE FROM "public"."workdiary" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH
fresh AS (
    INSERT INTO "public"."workdiary" ("org_id", "loc_id", "staff_id", "job_id", "task_id", "date",
                "timefrom", "timeto", "minutes", "tasknotes", "attachment", "doc_ref",
                "created_at", "updated_at", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."org_id", staged."loc_id", staged."staff_id", staged."job_id", staged."task_id", staged."date",
                staged."timefrom", staged."timeto", staged."minutes", staged."tasknotes", staged."attachment", staged."doc_ref",
                staged."created_at", staged."updated_at", 'D'
    FROM "hybrid_sync_staging"."workdiary__0123456789" AS staged
    ORDER BY staged."_hybrid_sync_row"
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh;