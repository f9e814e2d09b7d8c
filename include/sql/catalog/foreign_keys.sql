-- The targets' own foreign keys, with what they reference and their actions.
SELECT
    foreign_key.conrelid::bigint AS target,
    foreign_key.conname AS name,
    (SELECT array_agg(attribute.attname::text ORDER BY member.position)
     FROM unnest(foreign_key.conkey) WITH ORDINALITY AS member (attnum, position)
     JOIN pg_catalog.pg_attribute AS attribute
       ON attribute.attrelid = foreign_key.conrelid AND attribute.attnum = member.attnum) AS columns,
    namespace.nspname || '.' || parent.relname AS referenced_table,
    (SELECT array_agg(attribute.attname::text ORDER BY member.position)
     FROM unnest(foreign_key.confkey) WITH ORDINALITY AS member (attnum, position)
     JOIN pg_catalog.pg_attribute AS attribute
       ON attribute.attrelid = foreign_key.confrelid AND attribute.attnum = member.attnum) AS referenced_columns,
    foreign_key.confdeltype::text AS on_delete,
    foreign_key.confupdtype::text AS on_update,
    foreign_key.condeferrable AS deferrable
FROM pg_catalog.pg_constraint AS foreign_key
JOIN pg_catalog.pg_class AS parent ON parent.oid = foreign_key.confrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = parent.relnamespace
WHERE foreign_key.contype = 'f' AND foreign_key.conparentid = 0 AND foreign_key.conrelid = ANY (%(oids)s)
ORDER BY 1, 2;
