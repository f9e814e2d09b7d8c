-- The parts of a table in a run, once they are gathered or nobody will gather them.
DROP TABLE IF EXISTS "hybrid_sync_staging"."diary__part1__0123456789";
DROP TABLE IF EXISTS "hybrid_sync_staging"."diary__part2__0123456789";
DELETE FROM hybrid_sync.staged_part
WHERE staged_part.run_id = 'a_run' AND staged_part.table_name = 'diary';