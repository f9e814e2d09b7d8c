-- delete_insert workdiary, run a_run: one row an outcome.
WITH gone AS (
    DELETE FROM "public"."workdiary" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH judged AS (
    SELECT
        staged."org_id", staged."loc_id", staged."staff_id", staged."job_id", staged."task_id", staged."date",
                staged."timefrom", staged."timeto", staged."minutes", staged."tasknotes", staged."attachment", staged."doc_ref",
                staged."created_at", staged."updated_at", staged."_hybrid_sync_row",
FALSE AS is_conflict    FROM "hybrid_sync_staging"."workdiary__0123456789" AS staged
),
fresh AS (
    INSERT INTO "public"."workdiary" ("org_id", "loc_id", "staff_id", "job_id", "task_id", "date",
                "timefrom", "timeto", "minutes", "tasknotes", "attachment", "doc_ref",
                "created_at", "updated_at", "source")
    SELECT judged."org_id", judged."loc_id", judged."staff_id", judged."job_id", judged."task_id", judged."date",
                judged."timefrom", judged."timeto", judged."minutes", judged."tasknotes", judged."attachment", judged."doc_ref",
                judged."created_at", judged."updated_at", 'D'
    FROM judged
    WHERE NOT judged.is_conflict
    ORDER BY judged."_hybrid_sync_row"
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh;