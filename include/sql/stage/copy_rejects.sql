COPY hybrid_sync.reject (run_id, table_name, row_number, column_name, reason, row) FROM STDIN;
