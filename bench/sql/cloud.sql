-- `jobs` has the desktop's key, `diary` one that only the cloud has; `linked_diary` refers to another table besides, as each
-- of the seed's delete_insert tables does.
CREATE TABLE jobs (
    job_id bigint PRIMARY KEY, org_id integer NOT NULL, client_id integer, task_id integer, title varchar(60),
    notes varchar(150), job_date date, target_date date, amount numeric(12, 2), hours numeric(8, 2), minutes integer,
    status char(1), changed_at timestamp, source char(1) DEFAULT 'D'
);
CREATE TABLE diary (
    diary_id bigserial PRIMARY KEY, job_id bigint, org_id integer NOT NULL, client_id integer, task_id integer,
    title varchar(60), notes varchar(150), job_date date, target_date date, amount numeric(12, 2), hours numeric(8, 2),
    minutes integer, status char(1), changed_at timestamp, source char(1) DEFAULT 'D'
);
CREATE TABLE orgs (org_id integer PRIMARY KEY);
INSERT INTO orgs SELECT generate_series(1, 7);
CREATE TABLE linked_diary (
    LIKE diary INCLUDING DEFAULTS INCLUDING INDEXES, FOREIGN KEY (org_id) REFERENCES orgs
);
