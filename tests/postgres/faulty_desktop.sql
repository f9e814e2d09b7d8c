-- The desktop of faulty.sql: tables without keys.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['healthy', 'of_healthy', 'keyless', 'renamed_key', 'ownerless', 'starved', 'computed',
        'defaulted', 'undefaulted', 'parents', 'cascading', 'ruled', 'inherited', 'stamped', 'told', 'whole', 'part',
        'shut', 'read_only', 'hidden_schema', 'veiled', 'policed', 'shared_range', 'closing_in', 'repeated',
        'protecting', 'no_cloud', 'misnamed'] LOOP
        EXECUTE format('CREATE TABLE %I (id int, name varchar(40))', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['rewritten', 'unnumbered', 'behind', 'burning', 'unguarded'] LOOP
        EXECUTE format('CREATE TABLE %I (name varchar(40))', name);
    END LOOP;
END
$$;
CREATE TABLE nearly_full (id numeric(3), name varchar(40));
CREATE TABLE identified (id int, number int);
CREATE TABLE children (id int, parent int);
CREATE TABLE narrow (id int, name varchar(60), amount numeric(10, 3), day timestamp);
INSERT INTO repeated VALUES (1, 'a'), (1, 'b'), (1, 'c'), (2, 'd'), (NULL, 'e');
