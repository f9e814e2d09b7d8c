-- As desktops have them: no key, everything nullable.
CREATE TABLE jobs (
    job_id bigint, org_id integer, client_id integer, task_id integer, title varchar(60), notes varchar(150),
    job_date date, target_date date, amount numeric(12, 2), hours numeric(8, 2), minutes integer, status char(1),
    changed_at timestamp
);
