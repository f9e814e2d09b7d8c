-- What the seed does: every staged row proposed, every desktop row written again.
INSERT INTO jobs (
    job_id, org_id, client_id, task_id, title, notes, job_date, target_date, amount, hours, minutes, status, changed_at
)
SELECT
    job_id, org_id, client_id, task_id, title, notes, job_date, target_date, amount, hours, minutes, status, changed_at
FROM {staging}
ON CONFLICT (job_id) DO UPDATE SET
    org_id = EXCLUDED.org_id, client_id = EXCLUDED.client_id, task_id = EXCLUDED.task_id, title = EXCLUDED.title,
    notes = EXCLUDED.notes, job_date = EXCLUDED.job_date, target_date = EXCLUDED.target_date,
    amount = EXCLUDED.amount, hours = EXCLUDED.hours, minutes = EXCLUDED.minutes, status = EXCLUDED.status,
    changed_at = EXCLUDED.changed_at
WHERE jobs.source = 'D' OR jobs.source IS NULL;
