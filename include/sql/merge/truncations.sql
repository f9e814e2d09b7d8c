-- Tables that this transaction holds exclusively. A merge never does; TRUNCATE, which no counter and no row trigger shows,
-- always does.
SELECT namespace.nspname || '.' || class.relname
FROM pg_catalog.pg_locks AS held
JOIN pg_catalog.pg_class AS class ON class.oid = held.relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE held.pid = pg_catalog.pg_backend_pid() AND held.locktype = 'relation' AND held.granted
  AND held.mode = 'AccessExclusiveLock' AND class.relkind IN ('r', 'p')
ORDER BY 1;
