-- The manifest and the staging of a table, or of a part of it, in an old run.
DELETE FROM hybrid_sync.staged
WHERE staged.relation = {{ relation | literal }};
DELETE FROM hybrid_sync.staged_part
WHERE staged_part.relation = {{ relation | literal }};
DROP TABLE IF EXISTS {{ relation | relation }};
