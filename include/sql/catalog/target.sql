-- The targets: the wanted name, object id, schema, name and kind. No row: there is no such table on the search path.
SELECT wanted.name, class.oid::bigint, namespace.nspname, class.relname, class.relkind::text
FROM unnest(%(names)s::text[], %(schemas)s::text[], %(tables)s::text[]) AS wanted (name, schema, relation)
JOIN pg_catalog.pg_class AS class ON class.relname = wanted.relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
-- by name, as to_regclass raises where the role may not use the schema
WHERE CASE WHEN wanted.schema IS NULL THEN pg_catalog.pg_table_is_visible(class.oid)
           ELSE namespace.nspname = wanted.schema END;
