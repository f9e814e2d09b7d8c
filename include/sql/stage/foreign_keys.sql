-- The target's foreign keys that the server enforces for a row, and whether they are MATCH FULL. A key that references
-- a partitioned table has a further entry for each partition, which is no rule of its own.
SELECT foreign_key.conname::text AS name, foreign_key.confmatchtype = 'f' AS match_full
FROM pg_catalog.pg_constraint AS foreign_key
LEFT JOIN pg_catalog.pg_constraint AS whole
    ON whole.oid = foreign_key.conparentid AND whole.conrelid = foreign_key.conrelid
WHERE foreign_key.contype = 'f' AND foreign_key.conrelid = %(oid)s AND whole.oid IS NULL
  -- conenforced is new in PostgreSQL 18
  AND coalesce((to_jsonb(foreign_key) ->> 'conenforced')::boolean, TRUE);
