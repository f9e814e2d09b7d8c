-- How much waits for a person: open conflicts, and rows that are stored as rejects.
SELECT
    (SELECT count(*) FROM hybrid_sync.conflict WHERE resolved_at IS NULL),
    (SELECT count(*) FROM hybrid_sync.reject);
