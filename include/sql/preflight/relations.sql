-- What the role may do with each target, and what the target is.
SELECT
    class.oid::bigint AS target,
    has_schema_privilege(class.relnamespace, 'USAGE') AS schema_usable,
    ARRAY(
        SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
        WHERE has_table_privilege(class.oid, privilege)
    ) AS granted,
    ARRAY(
        SELECT attribute.attname::text FROM pg_catalog.pg_attribute AS attribute
        WHERE attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
          AND has_column_privilege(class.oid, attribute.attnum, 'INSERT')
    ) AS insertable,
    ARRAY(
        SELECT attribute.attname::text FROM pg_catalog.pg_attribute AS attribute
        WHERE attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
          AND has_column_privilege(class.oid, attribute.attnum, 'UPDATE')
    ) AS updatable,
    (SELECT pg_get_expr(definition.adbin, definition.adrelid)
     FROM pg_catalog.pg_attribute AS attribute
     JOIN pg_catalog.pg_attrdef AS definition
       ON definition.adrelid = attribute.attrelid AND definition.adnum = attribute.attnum
     WHERE attribute.attrelid = class.oid AND attribute.attname = %(ownership)s) AS ownership_default,
    ARRAY(
        SELECT attribute.attname::text FROM pg_catalog.pg_attribute AS attribute
        WHERE attribute.attrelid = class.oid AND attribute.attidentity = 'a'
    ) AS always_identity,
    (SELECT count(*) FROM pg_catalog.pg_partition_tree(class.oid) AS part WHERE part.isleaf AND class.relkind = 'p'
    ) AS partitions,
    (SELECT parent.inhparent::regclass::text FROM pg_catalog.pg_inherits AS parent
     WHERE parent.inhrelid = class.oid AND class.relispartition) AS partition_of,
    coalesce((SELECT sum(pg_total_relation_size(part.relid)) FROM pg_catalog.pg_partition_tree(class.oid) AS part),
             pg_total_relation_size(class.oid))::bigint AS bytes
FROM pg_catalog.pg_class AS class
WHERE class.oid = ANY (%(oids)s);
