-- The columns of a staging whose values can be hashed to 64 bits; first those that nearly tell every row from every other
-- by themselves, as ANALYZE found, and of those the narrowest. ANALYZE takes all values above 1 kB for different.
SELECT
    attribute.attname,
    coalesce(
        (1 - stats.null_frac) * CASE
            WHEN stats.n_distinct < 0 THEN -stats.n_distinct
            ELSE stats.n_distinct / greatest(class.reltuples, 1)
        END > 0.9 AND stats.avg_width < 500, FALSE
    ) AS alone,
    type.typname AS base
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid
-- by constants: joined to class, the view would read the statistics of every table once for each column
LEFT JOIN pg_catalog.pg_stats AS stats
    ON stats.schemaname = (parse_ident(%(relation)s))[1]::name AND stats.tablename = (parse_ident(%(relation)s))[2]::name
   AND stats.attname = attribute.attname AND NOT stats.inherited
WHERE class.oid = pg_catalog.to_regclass(%(relation)s)
  AND EXISTS (
      SELECT 1
      FROM pg_catalog.pg_opclass AS hashing
      JOIN pg_catalog.pg_am AS method ON method.oid = hashing.opcmethod AND method.amname = 'hash'
      JOIN pg_catalog.pg_amproc AS extended
          ON extended.amprocfamily = hashing.opcfamily AND extended.amprocnum = 2
         AND extended.amproclefttype = hashing.opcintype AND extended.amprocrighttype = hashing.opcintype
      WHERE hashing.opcdefault
        AND hashing.opcintype = CASE WHEN attribute.atttypid = 'varchar'::regtype THEN 'text'::regtype ELSE attribute.atttypid END
  )
ORDER BY alone DESC, stats.avg_width, attribute.attnum;
