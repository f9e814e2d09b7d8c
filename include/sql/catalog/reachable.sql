-- Every table that a foreign key action (cascade, set null, set default) can reach from the target,
-- over any number of steps, the target itself left out.
WITH RECURSIVE reached AS (
    SELECT foreign_key.conrelid AS oid
    FROM pg_catalog.pg_constraint AS foreign_key
    WHERE foreign_key.contype = 'f' AND foreign_key.confrelid = %(oid)s
      AND (foreign_key.confdeltype IN ('c', 'n', 'd') OR foreign_key.confupdtype IN ('c', 'n', 'd'))
    UNION
    SELECT foreign_key.conrelid
    FROM reached
    JOIN pg_catalog.pg_constraint AS foreign_key
        ON foreign_key.contype = 'f' AND foreign_key.confrelid = reached.oid
       AND (foreign_key.confdeltype IN ('c', 'n', 'd') OR foreign_key.confupdtype IN ('c', 'n', 'd'))
)
SELECT
    namespace.nspname || '.' || class.relname AS relation,
    EXISTS (
        SELECT 1 FROM pg_catalog.pg_attribute AS attribute
        WHERE attribute.attrelid = class.oid AND attribute.attname = %(ownership)s AND NOT attribute.attisdropped
    ) AS has_ownership
FROM reached
JOIN pg_catalog.pg_class AS class ON class.oid = reached.oid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.oid <> %(oid)s
ORDER BY 1;
