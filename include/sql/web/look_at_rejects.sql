SELECT row_number, column_name, reason, row
FROM hybrid_sync.reject
WHERE run_id = {{ run_id | literal }}
  AND table_name = {{ table | literal }}
ORDER BY row_number, column_name;
