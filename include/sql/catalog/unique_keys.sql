-- The targets' unique indexes that a plain list of columns describes: valid, immediate, no expression, no predicate.
SELECT
    unique_index.indrelid::bigint AS target,
    class.relname AS name,
    array_agg(attribute.attname::text ORDER BY member.position) AS columns,
    unique_index.indisprimary AS primary,
    NOT unique_index.indnullsnotdistinct AS nulls_distinct
FROM pg_catalog.pg_index AS unique_index
JOIN pg_catalog.pg_class AS class ON class.oid = unique_index.indexrelid
CROSS JOIN LATERAL unnest(unique_index.indkey) WITH ORDINALITY AS member (attnum, position)
JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = unique_index.indrelid AND attribute.attnum = member.attnum
WHERE unique_index.indrelid = ANY (%(oids)s)
  AND unique_index.indisunique AND unique_index.indisvalid AND unique_index.indimmediate
  AND unique_index.indexprs IS NULL AND unique_index.indpred IS NULL
  AND member.position <= unique_index.indnkeyatts
GROUP BY unique_index.indrelid, class.relname, unique_index.indisprimary, unique_index.indnullsnotdistinct
ORDER BY 1, unique_index.indisprimary DESC, class.relname;
