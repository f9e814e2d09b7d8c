DROP TABLE IF EXISTS floor_rows;
CREATE UNLOGGED TABLE floor_rows AS SELECT
    job_id, org_id, client_id, task_id, title, notes, job_date, target_date, amount, hours, minutes, status, changed_at
FROM jobs WITH NO DATA;
