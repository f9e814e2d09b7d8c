-- What this transaction has written so far, table by table, as the server counts it. The package's own schemas aside.
-- The counters of a session may hold earlier transactions' work: only differences of two readings mean something.
-- As the view pg_stat_xact_user_tables has it, without what the view counts besides.
SELECT counted.oid::bigint, namespace.nspname || '.' || counted.relname, counted.inserted, counted.updated, counted.deleted
FROM (
    SELECT
        class.oid, class.relname, class.relnamespace,
        pg_catalog.pg_stat_get_xact_tuples_inserted(class.oid) AS inserted,
        pg_catalog.pg_stat_get_xact_tuples_updated(class.oid) AS updated,
        pg_catalog.pg_stat_get_xact_tuples_deleted(class.oid) AS deleted
    FROM pg_catalog.pg_class AS class
    WHERE class.relkind IN ('r', 't', 'm', 'p')
) AS counted
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = counted.relnamespace
WHERE counted.inserted + counted.updated + counted.deleted > 0
  AND namespace.nspname NOT IN ('pg_catalog', 'information_schema', 'hybrid_sync', 'hybrid_sync_staging')
  AND namespace.nspname !~ '^pg_toast';
