-- Stored rejects by run, table, column and reason: how many, and the first rows' numbers. The rows stay in the database.
SELECT run_id, table_name, column_name, reason, count(*) AS rejects, max(rejected_at) AS rejected_at,
       (array_agg(row_number ORDER BY row_number))[1:%(numbers)s::int] AS row_numbers
FROM hybrid_sync.reject
WHERE %(run_id)s::text IS NULL OR run_id = %(run_id)s::text
GROUP BY run_id, table_name, column_name, reason
ORDER BY table_name, max(rejected_at) DESC, run_id, column_name, reason
LIMIT %(groups)s;
