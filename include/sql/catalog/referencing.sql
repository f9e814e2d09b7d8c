-- Foreign keys of any table that reference a target, with their actions.
SELECT
    foreign_key.confrelid::bigint AS target,
    foreign_key.conname AS name,
    namespace.nspname || '.' || child.relname AS child,
    (SELECT array_agg(attribute.attname::text ORDER BY member.position)
     FROM unnest(foreign_key.conkey) WITH ORDINALITY AS member (attnum, position)
     JOIN pg_catalog.pg_attribute AS attribute
       ON attribute.attrelid = foreign_key.conrelid AND attribute.attnum = member.attnum) AS child_columns,
    (SELECT array_agg(attribute.attname::text ORDER BY member.position)
     FROM unnest(foreign_key.confkey) WITH ORDINALITY AS member (attnum, position)
     JOIN pg_catalog.pg_attribute AS attribute
       ON attribute.attrelid = foreign_key.confrelid AND attribute.attnum = member.attnum) AS referenced_columns,
    foreign_key.confdeltype::text AS on_delete,
    foreign_key.confupdtype::text AS on_update
FROM pg_catalog.pg_constraint AS foreign_key
JOIN pg_catalog.pg_class AS child ON child.oid = foreign_key.conrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = child.relnamespace
WHERE foreign_key.contype = 'f' AND foreign_key.confrelid = ANY (%(oids)s) AND foreign_key.conparentid = 0
ORDER BY 1, 3, 2;
