-- {{ stage.table }}: different rows of one key. Nobody can say which is meant, so none is merged.
{% import "stage/_macros.sql" as macro with context %}
WITH repeated AS MATERIALIZED (
{{ macro.repeated(key) }}
)
{{ macro.into_reject() }}
SELECT
    {{ stage.run_id | literal }}, {{ stage.table | literal }}, staged.{{ stage.row_number | ident }},
    {{ key.columns | join(", ") | literal }}, {{ key.reason | literal }}, {{ macro.row_as_text("staged") }}
FROM {{ stage.relation | relation }} AS staged
JOIN repeated ON {{ macro.same(key.columns, "repeated", "staged") }};
