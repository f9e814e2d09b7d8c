-- The least-privilege role of the sync, to be run by an administrator, once per cloud and again after a table is added:
--
--     psql "$CLOUD" -v ON_ERROR_STOP=1 -f include/sql/roles.sql
--
-- It may read every row of the fifteen tables and write only desktop rows: the server itself refuses the rest.
-- Adapt the list of tables (the targets of include/tables.yaml) and, if the registry names another, the ownership column.
-- Give the role a password afterwards (\\password hybrid_sync_writer) and put it into the Airflow connection `supabase`.
--
-- Row level security is switched on for each table. Roles that reach a table without owning it or bypassing row level
-- security (the phones') need policies of their own: where the tables have none yet, make those first.
DO $$
DECLARE
    target regclass;
    targets CONSTANT text[] := ARRAY[
        'orgmaster', 'locmaster', 'conmaster', 'climaster', 'cliunimaster', 'taskmaster', 'jobmaster', 'mbstaff',
        'jobshead', 'reminder', 'remdetail', 'learequest', 'jobtasks', 'taskchecklist', 'workdiary'
    ];
    is_desktop CONSTANT text := $predicate$(source = 'D' OR source IS NULL)$predicate$;
    owned_sequence regclass;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'hybrid_sync_writer') THEN
        CREATE ROLE hybrid_sync_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT;
    END IF;
    -- A hosted server caps statements at a few seconds or minutes; a merge sets its own limit within this one.
    ALTER ROLE hybrid_sync_writer SET statement_timeout = 0;

    -- CREATE SCHEMA .. AUTHORIZATION wants membership of the role where the administrator is no superuser.
    EXECUTE format('GRANT hybrid_sync_writer TO %I', current_user);
    CREATE SCHEMA IF NOT EXISTS hybrid_sync AUTHORIZATION hybrid_sync_writer;
    CREATE SCHEMA IF NOT EXISTS hybrid_sync_staging AUTHORIZATION hybrid_sync_writer;
    REVOKE ALL ON SCHEMA hybrid_sync, hybrid_sync_staging FROM PUBLIC;
    -- Where another role has synced before, the schemas and what is in them are that role's.
    GRANT USAGE, CREATE ON SCHEMA hybrid_sync, hybrid_sync_staging TO hybrid_sync_writer;
    FOR target IN
        SELECT oid::regclass FROM pg_class
        WHERE relnamespace IN ('hybrid_sync'::regnamespace, 'hybrid_sync_staging'::regnamespace) AND relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO hybrid_sync_writer', target);
    END LOOP;

    FOREACH target IN ARRAY targets::regclass[] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO hybrid_sync_writer', target);
        FOR owned_sequence IN
            SELECT objid::regclass FROM pg_depend
            WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = target
              AND deptype IN ('a', 'i') AND EXISTS (SELECT 1 FROM pg_class WHERE oid = objid AND relkind = 'S')
        LOOP
            EXECUTE format('GRANT USAGE ON SEQUENCE %s TO hybrid_sync_writer', owned_sequence);
        END LOOP;

        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('DROP POLICY IF EXISTS hybrid_sync_reads ON %s', target);
        EXECUTE format('DROP POLICY IF EXISTS hybrid_sync_writes ON %s', target);
        EXECUTE format('DROP POLICY IF EXISTS hybrid_sync_inserts ON %s', target);
        EXECUTE format('DROP POLICY IF EXISTS hybrid_sync_updates ON %s', target);
        EXECUTE format('DROP POLICY IF EXISTS hybrid_sync_deletes ON %s', target);
        EXECUTE format('CREATE POLICY hybrid_sync_reads ON %s FOR SELECT TO hybrid_sync_writer USING (TRUE)', target);
        EXECUTE format('CREATE POLICY hybrid_sync_writes ON %s TO hybrid_sync_writer USING (TRUE)', target);
        -- Restrictive: a policy for PUBLIC that lets more cannot widen these.
        EXECUTE format('CREATE POLICY hybrid_sync_inserts ON %s AS RESTRICTIVE FOR INSERT TO hybrid_sync_writer'
                       ' WITH CHECK (source = ''D'')', target);
        EXECUTE format('CREATE POLICY hybrid_sync_updates ON %s AS RESTRICTIVE FOR UPDATE TO hybrid_sync_writer'
                       ' USING %s WITH CHECK (source = ''D'')', target, is_desktop);
        EXECUTE format('CREATE POLICY hybrid_sync_deletes ON %s AS RESTRICTIVE FOR DELETE TO hybrid_sync_writer'
                       ' USING %s', target, is_desktop);
    END LOOP;
END
$$;
