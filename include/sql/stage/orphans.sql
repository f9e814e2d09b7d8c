-- {{ stage.table }}: rows whose {{ foreign_key.name | ident }} references nothing. MATCH SIMPLE: a NULL references nothing.
{% import "stage/_macros.sql" as macro with context %}
{% macro value(name) -%}
{% if owned and name == owned.column %}{{ owned.value | literal }}::{{ owned.type }}{% else %}staged.{{ name | ident }}{% endif %}
{%- endmacro %}
{% macro points_at(parent) -%}
{% for name in foreign_key.columns %}{{ parent }}.{{ foreign_key.referenced_columns[loop.index0] | ident }} = {{ value(name) }}{{ " AND " if not loop.last }}{% endfor %}
{%- endmacro %}
-- In two steps: a join that carries whole rows to their text costs four times one that carries places.
WITH orphaned AS MATERIALIZED (
SELECT staged.ctid AS place
FROM {{ stage.relation | relation }} AS staged
WHERE {% for name in foreign_key.columns %}{{ value(name) }} IS NOT NULL AND {% endfor %}NOT EXISTS (
    SELECT 1 FROM {{ foreign_key.referenced_table | relation }} AS parent WHERE {{ points_at("parent") }}
)
{%- for parents in ([stage.relation] if itself else []) + ([stage.staged_parents[foreign_key.referenced_table]] if foreign_key.referenced_table in stage.staged_parents else []) %} AND NOT EXISTS (
    SELECT 1 FROM {{ parents | relation }} AS parent WHERE {{ points_at("parent") }}
)
{%- endfor %}

)
{{ macro.into_reject() }}
SELECT
    {{ stage.run_id | literal }}, {{ stage.table | literal }}, staged.{{ stage.row_number | ident }},
    {{ foreign_key.columns | join(", ") | literal }}, {{ reason | literal }}, {{ macro.row_as_text("staged") }}
FROM orphaned
JOIN {{ stage.relation | relation }} AS staged ON staged.ctid = orphaned.place;
