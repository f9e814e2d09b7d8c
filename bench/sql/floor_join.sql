SELECT count(*)
FROM floor_rows AS staged
LEFT JOIN jobs AS target ON target.job_id = staged.job_id
WHERE ROW(
    target.org_id, target.client_id, target.task_id, target.title, target.notes, target.job_date, target.target_date,
    target.amount, target.hours, target.minutes, target.status, target.changed_at
) IS DISTINCT FROM ROW(
    staged.org_id, staged.client_id, staged.task_id, staged.title, staged.notes, staged.job_date, staged.target_date,
    staged.amount, staged.hours, staged.minutes, staged.status, staged.changed_at
);
