-- Tables of the cloud whose names are near a name that was not found.
SELECT namespace.nspname || '.' || class.relname
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p')
  AND namespace.nspname NOT IN ('pg_catalog', 'information_schema', 'hybrid_sync', 'hybrid_sync_staging')
  AND namespace.nspname !~ '^pg_'
ORDER BY 1;
