-- CHECK constraints of the target that are enforced: name, expression, columns (0: the whole row).
SELECT
    constrained.conname AS name,
    pg_catalog.pg_get_expr(constrained.conbin, constrained.conrelid) AS expression,
    coalesce((
        SELECT array_agg(attribute.attname::text ORDER BY attribute.attnum)
        FROM unnest(constrained.conkey) AS member (attnum)
        JOIN pg_catalog.pg_attribute AS attribute
          ON attribute.attrelid = constrained.conrelid AND attribute.attnum = member.attnum
    ), '{}') AS columns,
    coalesce(0 = ANY (constrained.conkey), FALSE) AS whole_row
FROM pg_catalog.pg_constraint AS constrained
WHERE constrained.contype = 'c' AND constrained.conrelid = %(oid)s
  -- conenforced is new in PostgreSQL 18
  AND coalesce((to_jsonb(constrained) ->> 'conenforced')::boolean, TRUE)
ORDER BY constrained.conname;
