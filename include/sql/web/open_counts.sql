-- How much waits for a person: open conflicts, and rejected rows, each once whatever the number of its reasons.
SELECT
    (SELECT count(*) FROM hybrid_sync.conflict WHERE resolved_at IS NULL),
    (SELECT count(*) FROM (SELECT DISTINCT run_id, table_name, row_number FROM hybrid_sync.reject) AS rejected);
