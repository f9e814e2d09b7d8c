-- After every twentieth row of the desktop's comes one that a phone made, with a number of its own.
INSERT INTO {table} (
    job_id, org_id, client_id, task_id, title, notes, job_date, target_date, amount, hours, minutes, status,
    changed_at, source
)
SELECT
    made.job_id + CASE WHEN side.source = 'M' THEN 1000000000 ELSE 0 END, org_id, client_id, task_id, title, notes,
    job_date, target_date, amount, hours, minutes, status, changed_at, side.source
FROM bench_rows(1, %(rows)s) AS made
JOIN (VALUES ('D', 1), ('M', 20)) AS side (source, every) ON mod(made.job_id, side.every) = 0;
