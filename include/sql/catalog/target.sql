-- The target: its object id, schema, name and kind. No row: there is no such table on the search path.
SELECT class.oid::bigint, namespace.nspname, class.relname, class.relkind::text
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.oid = pg_catalog.to_regclass(%(relation)s);
