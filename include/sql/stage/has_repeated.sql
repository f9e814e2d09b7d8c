-- {{ stage.table }}: whether any key of {{ key.name | ident }} is staged more than once.
{% import "stage/_macros.sql" as macro with context %}
SELECT EXISTS (
{{ macro.repeated(key) }}
);
