-- What the seed does: every desktop row out, every staged row in.
DELETE FROM {target} WHERE source = 'D' OR source IS NULL;
INSERT INTO {target} (
    job_id, org_id, client_id, task_id, title, notes, job_date, target_date, amount, hours, minutes, status, changed_at,
    source
)
SELECT
    job_id, org_id, client_id, task_id, title, notes, job_date, target_date, amount, hours, minutes, status, changed_at,
    'D'
FROM {staging};
