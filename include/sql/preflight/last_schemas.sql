-- The columns of each table as the last run that could sync it found and took them.
SELECT table_name, source_table, target_table, carried, desktop_columns, cloud_columns
FROM hybrid_sync.table_schema
WHERE table_name = ANY (%(tables)s);
