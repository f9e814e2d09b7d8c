-- The cloud as the phone app has it: keys, NOT NULL, foreign keys without an action, and an owner for each row.
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE TABLE orgmaster (
    org_id numeric(3) PRIMARY KEY,
    orgname varchar(100),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE locmaster (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    loc_id numeric(3) PRIMARY KEY,
    locname varchar(100),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE conmaster (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer PRIMARY KEY,
    conname varchar(60),
    conmail varchar(60),
    conphone varchar(25),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE climaster (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer,
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    client_id numeric(7) PRIMARY KEY,
    clientname varchar(80),
    clientmail varchar(60),
    clientphone varchar(25),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE cliunimaster (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer,
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    client_id numeric(7) NOT NULL REFERENCES climaster (client_id),
    cliu_id numeric(7) PRIMARY KEY,
    cliunitname varchar(80),
    cliunitadd1 varchar(50),
    cliunitadd2 varchar(50),
    cliunitcity varchar(50),
    cliunitpin varchar(8),
    cliunitstate varchar(35),
    cliunitcountry varchar(35),
    cliunitmail varchar(40),
    cliunitphone varchar(25),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE taskmaster (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer,
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    task_id numeric(7) PRIMARY KEY,
    task_desc varchar(40),
    task_status numeric(1),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE jobmaster (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer,
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    job_id numeric(10) PRIMARY KEY,
    jobdesc varchar(100),
    jobstatus char(1),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE mbstaff (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer,
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    staff_id numeric(8) PRIMARY KEY,
    app_username varchar(50),
    name varchar(50),
    email varchar(50),
    stafftype numeric(1),
    phonumber varchar(30),
    dob date,
    createdby varchar(15),
    createddate date,
    active_status numeric(1),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE jobshead (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer,
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    job_id numeric(10) PRIMARY KEY,
    year_id numeric(8),
    client_id numeric(7),
    jobdate date,
    targetdate date,
    job_nature char(1),
    work_desc varchar(100),
    worklocation varchar(15),
    act_man_min numeric(10),
    job_status char(1),
    job_uid varchar(25),
    sporg_id numeric(8),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE jobtasks (
    jt_id bigserial PRIMARY KEY,
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    con_id integer,
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    job_id numeric(10),
    year_id numeric(8),
    client_id numeric(7),
    task_id numeric(7),
    taskorder numeric(10),
    task_desc varchar(40),
    jobdet_man_hrs numeric(8, 2),
    actual_man_hrs time,
    checklistlinked char(1),
    task_status numeric(1),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE taskchecklist (
    tc_id bigserial PRIMARY KEY,
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    task_id numeric(7),
    checklistdesc varchar(100),
    applicable varchar(15),
    completedby varchar(15),
    completeddate date,
    comments varchar(100),
    checkliststatus numeric(1),
    job_id integer,
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE workdiary (
    wd_id bigserial PRIMARY KEY,
    org_id numeric(3),
    loc_id numeric(3),
    staff_id numeric(8) REFERENCES mbstaff (staff_id),
    job_id numeric(10),
    task_id numeric(7),
    date date,
    timefrom time,
    timeto time,
    minutes numeric(4),
    tasknotes varchar(50),
    attachment char(1),
    doc_ref text,
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE reminder (
    rem_id numeric(8) PRIMARY KEY,
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    staff_id numeric(8),
    remdate date,
    client_id numeric(7),
    client_name varchar(80),
    remtype varchar(30),
    remnotes varchar(100),
    remduedate date,
    remstatus numeric(1),
    remtime time,
    remtitle varchar(100),
    color integer,
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE remdetail (
    remd_id numeric(8) PRIMARY KEY,
    rem_id numeric(8) NOT NULL REFERENCES reminder (rem_id),
    staff_id numeric(8),
    remresponse varchar(150),
    remresstatus char(1),
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE learequest (
    org_id numeric(3) NOT NULL REFERENCES orgmaster (org_id),
    loc_id numeric(3) NOT NULL REFERENCES locmaster (loc_id),
    lea_id numeric(5) PRIMARY KEY,
    staff_id numeric(8) REFERENCES mbstaff (staff_id),
    requestdate date,
    fromdate date,
    todate date,
    fhvalue char(2),
    shvalue char(2),
    leavetype char(2),
    leaveremarks varchar(50),
    approval_status char(1),
    approvedby varchar(30),
    approveddate date,
    source char(1) DEFAULT 'D',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format(
            'CREATE TRIGGER set_updated_at BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION set_updated_at()', name
        );
    END LOOP;
END
$$;
