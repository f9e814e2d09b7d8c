-- The parts of a table in a run, once they are gathered or nobody will gather them.
{% for relation in relations %}
DROP TABLE IF EXISTS {{ relation | relation }};
{% endfor %}
DELETE FROM hybrid_sync.staged_part
WHERE staged_part.run_id = {{ run_id | literal }} AND staged_part.table_name = {{ table | literal }};
