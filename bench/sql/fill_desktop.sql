INSERT INTO {table}
SELECT
    job_id, org_id, client_id, task_id, title, notes, job_date, target_date, amount, hours, minutes, status, changed_at
FROM bench_rows(1, %(rows)s);
