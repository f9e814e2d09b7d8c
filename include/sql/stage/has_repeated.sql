-- {{ stage.table }}: whether any key of {{ key.name | ident }} is staged more than once.
{% import "stage/_macros.sql" as macro with context %}
{% if key.counted %}
-- Quicker than GROUP BY for one column of a fixed width: its values are sorted bare, without their rows.
SELECT count(staged.{{ key.columns[0] | ident }}) > count(DISTINCT staged.{{ key.columns[0] | ident }})
FROM {{ stage.relation | relation }} AS staged;
{% else %}
SELECT EXISTS (
{{ macro.repeated(key) }}
);
{% endif %}
