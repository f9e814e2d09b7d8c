-- {{ stage.table }}: nothing was staged.
DROP TABLE {{ stage.relation | relation }};
DELETE FROM hybrid_sync.staged WHERE staged.run_id = {{ stage.run_id | literal }} AND staged.table_name = {{ stage.table | literal }};
