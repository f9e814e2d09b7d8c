-- The columns of a staging whose values can be hashed; first those that nearly tell every row from every other by
-- themselves, as ANALYZE found, and of those the narrowest.
SELECT
    attribute.attname,
    coalesce(
        (1 - stats.null_frac) * CASE
            WHEN stats.n_distinct < 0 THEN -stats.n_distinct
            ELSE stats.n_distinct / greatest(class.reltuples, 1)
        END > 0.9, FALSE
    ) AS alone
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
LEFT JOIN pg_catalog.pg_stats AS stats
    ON stats.schemaname = namespace.nspname AND stats.tablename = class.relname AND stats.attname = attribute.attname
   AND NOT stats.inherited
WHERE class.oid = pg_catalog.to_regclass(%(relation)s)
  AND EXISTS (
      SELECT 1
      FROM pg_catalog.pg_opclass AS hashing
      JOIN pg_catalog.pg_am AS method ON method.oid = hashing.opcmethod AND method.amname = 'hash'
      WHERE hashing.opcdefault
        AND hashing.opcintype = CASE WHEN attribute.atttypid = 'varchar'::regtype THEN 'text'::regtype ELSE attribute.atttypid END
  )
ORDER BY alone DESC, stats.avg_width, attribute.attnum;
