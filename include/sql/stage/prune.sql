-- The manifest and the staging of a table in an old run.
DELETE FROM hybrid_sync.staged
WHERE staged.relation = {{ relation | literal }};
DROP TABLE IF EXISTS {{ relation | relation }};
