-- The desktop product's tables as they are found: no keys, nothing NOT NULL, no owner, stamps without a zone.
CREATE TABLE orgmaster (
    org_id numeric(3),
    orgname varchar(100),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE locmaster (
    org_id numeric(3),
    loc_id numeric(3),
    locname varchar(100),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE conmaster (
    org_id numeric(3),
    con_id integer,
    conname varchar(60),
    conmail varchar(60),
    conphone varchar(25),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE climaster (
    org_id numeric(3),
    con_id integer,
    loc_id numeric(3),
    client_id numeric(7),
    clientname varchar(80),
    clientmail varchar(60),
    clientphone varchar(25),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE cliunimaster (
    org_id numeric(3),
    con_id integer,
    loc_id numeric(3),
    client_id numeric(7),
    cliu_id numeric(7),
    cliunitname varchar(80),
    cliunitadd1 varchar(50),
    cliunitadd2 varchar(50),
    cliunitcity varchar(50),
    cliunitpin varchar(8),
    cliunitstate varchar(35),
    cliunitcountry varchar(35),
    cliunitmail varchar(40),
    cliunitphone varchar(25),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE taskmaster (
    org_id numeric(3),
    con_id integer,
    loc_id numeric(3),
    task_id numeric(7),
    task_desc varchar(40),
    task_status numeric(1),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE jobmaster (
    org_id numeric(3),
    con_id integer,
    loc_id numeric(3),
    job_id numeric(10),
    jobdesc varchar(100),
    jobstatus char(1),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE mbstaff (
    org_id numeric(3),
    con_id integer,
    loc_id numeric(3),
    staff_id numeric(8),
    app_username varchar(50),
    name varchar(50),
    email varchar(50),
    stafftype numeric(1),
    phonumber varchar(30),
    dob date,
    createdby varchar(15),
    createddate date,
    active_status numeric(1),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE jobshead (
    org_id numeric(3),
    con_id integer,
    loc_id numeric(3),
    job_id numeric(10),
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
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE jobtasks (
    org_id numeric(3),
    con_id integer,
    loc_id numeric(3),
    job_id numeric(10),
    year_id numeric(8),
    client_id numeric(7),
    task_id numeric(7),
    taskorder numeric(10),
    task_desc varchar(40),
    jobdet_man_hrs numeric(8, 2),
    actual_man_hrs time,
    checklistlinked char(1),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE taskchecklist (
    org_id numeric(3),
    loc_id numeric(3),
    task_id numeric(7),
    checklistdesc varchar(100),
    applicable varchar(15),
    completedby varchar(15),
    completeddate date,
    comments varchar(100),
    checkliststatus numeric(1),
    job_id integer,
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE workdiary (
    org_id numeric(3),
    loc_id numeric(3),
    staff_id numeric(8),
    job_id numeric(10),
    task_id numeric(7),
    date date,
    timefrom time,
    timeto time,
    minutes numeric(4),
    tasknotes varchar(50),
    attachment char(1),
    doc_ref text,
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE mbreminder (
    rem_id numeric(8),
    org_id numeric(3),
    loc_id numeric(3),
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
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE mbremdetail (
    remd_id numeric(8),
    rem_id numeric(8),
    staff_id numeric(8),
    remresponse varchar(150),
    remresstatus char(1),
    created_at timestamp,
    updated_at timestamp
);

CREATE TABLE learequest (
    org_id numeric(3),
    loc_id numeric(3),
    lea_id numeric(5),
    staff_id numeric(8),
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
    created_at timestamp,
    updated_at timestamp
);
