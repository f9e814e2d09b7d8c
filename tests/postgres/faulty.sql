-- A cloud that has one of each fault that preflight names, a table a fault. Its desktop is faulty_desktop.sql.
CREATE TABLE healthy (id int PRIMARY KEY, name varchar(40), source char(1) NOT NULL DEFAULT 'M');
INSERT INTO healthy VALUES (1, 'one', 'D'), (1000, 'phone', 'M');

CREATE VIEW of_healthy AS SELECT id, name, source FROM healthy;
CREATE TABLE keyless (id int, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE renamed_key (number int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE ownerless (id int PRIMARY KEY, name text);
CREATE TABLE starved (id int PRIMARY KEY, name text, firm int NOT NULL, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE computed (
    id int PRIMARY KEY, name text GENERATED ALWAYS AS ('x') STORED, source char(1) NOT NULL DEFAULT 'M'
);
CREATE TABLE identified (
    id int PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY, source char(1) NOT NULL DEFAULT 'M'
);
CREATE TABLE defaulted (id int PRIMARY KEY, name text, source char(1) DEFAULT 'D');
CREATE TABLE undefaulted (id int PRIMARY KEY, name text, source char(1));

CREATE TABLE parents (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE children (
    id int PRIMARY KEY, parent int REFERENCES parents, source char(1) NOT NULL DEFAULT 'M'
);
CREATE TABLE cascading (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE cascaded (id int REFERENCES cascading ON DELETE CASCADE);
CREATE TABLE rewritten (nr bigserial PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE needing (nr bigint REFERENCES rewritten);
CREATE TABLE ruled (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE RULE nothing_goes AS ON DELETE TO ruled DO INSTEAD NOTHING;
CREATE TABLE inherited (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE heir () INHERITS (inherited);

CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.name := upper(NEW.name);
    RETURN NEW;
END
$$;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO heard VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TABLE heard (id int);
CREATE TABLE stamped (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TABLE told (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TRIGGER tell AFTER INSERT ON told FOR EACH ROW EXECUTE FUNCTION tell();

CREATE TABLE whole (id int, name text, source char(1) NOT NULL DEFAULT 'M', PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (1000);

CREATE TABLE shut (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE read_only (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE unnumbered (nr bigserial PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE SCHEMA private;
CREATE TABLE private.hidden_schema (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE veiled (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
ALTER TABLE veiled ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_firm ON veiled USING (id < 100);
CREATE TABLE policed (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON policed FOR SELECT USING (TRUE);

CREATE TABLE behind (nr bigserial PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
INSERT INTO behind SELECT number, 'phone', 'M' FROM generate_series(1, 40) AS number;
CREATE TABLE shared_range (id serial PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
INSERT INTO shared_range VALUES (1, 'a', 'D'), (90, 'b', 'D'), (50, 'phone', 'M');
CREATE TABLE closing_in (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
INSERT INTO closing_in VALUES (1, 'a', 'D'), (900, 'b', 'D'), (1000, 'phone', 'M');
CREATE TABLE nearly_full (id numeric(3) PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
INSERT INTO nearly_full VALUES (990, 'a', 'D');
CREATE TABLE burning (nr serial PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
INSERT INTO burning VALUES (2147400000, 'a', 'D');
SELECT setval('burning_nr_seq', 2147400000);
CREATE TABLE unguarded (nr bigserial, name text, source char(1) NOT NULL DEFAULT 'M');

CREATE TABLE narrow (
    id int PRIMARY KEY, name varchar(20), amount numeric(6, 2), day date, source char(1) NOT NULL DEFAULT 'M'
);
CREATE TABLE repeated (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE no_desktop (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE protecting (id int PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');

GRANT USAGE ON SCHEMA public TO preflight_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO preflight_reader;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO preflight_reader;
REVOKE ALL ON shut FROM preflight_reader;
REVOKE INSERT, UPDATE, DELETE ON read_only FROM preflight_reader;
REVOKE ALL ON SEQUENCE unnumbered_nr_seq FROM preflight_reader;
CREATE SCHEMA hybrid_sync AUTHORIZATION preflight_reader;
CREATE SCHEMA hybrid_sync_staging AUTHORIZATION preflight_reader;
