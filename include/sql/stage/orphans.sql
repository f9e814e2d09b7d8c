-- {{ stage.table }}: rows whose {{ foreign_key.name | ident }} references nothing.
-- In two steps: a join that carries whole rows to their text costs four times one that carries places.
{% import "stage/_macros.sql" as macro with context %}
{% macro value(name) -%}
{% if owned and name == owned.column %}{{ owned.value | literal }}::{{ owned.type }}{% else %}staged.{{ name | ident }}{% endif %}
{%- endmacro %}
{% macro points_at(parent) -%}
{% for name in foreign_key.columns %}{{ parent }}.{{ foreign_key.referenced_columns[loop.index0] | ident }} = {{ value(name) }}{{ " AND " if not loop.last }}{% endfor %}
{%- endmacro %}
WITH orphaned AS MATERIALIZED (
    SELECT staged.ctid AS place
    FROM {{ stage.relation | relation }} AS staged
    {# MATCH SIMPLE: any NULL references nothing. MATCH FULL: all or none. #}
    WHERE num_nulls({% for name in foreign_key.columns %}{{ value(name) }}{{ ", " if not loop.last }}{% endfor %})
          {{- " < " ~ foreign_key.columns | length if match_full else " = 0" }}
      AND NOT EXISTS (
        SELECT 1 FROM {{ foreign_key.referenced_table | relation }} AS parent WHERE {{ points_at("parent") }}
      )
{% if itself %}
      AND NOT EXISTS (
        SELECT 1 FROM {{ stage.relation | relation }} AS parent WHERE {{ points_at("parent") }}
      )
{% endif %}
{% if foreign_key.referenced_table in stage.staged_parents %}
      -- a dry run merges no parent: those that it staged count
      AND NOT EXISTS (
        SELECT 1 FROM {{ stage.staged_parents[foreign_key.referenced_table] | relation }} AS parent WHERE {{ points_at("parent") }}
      )
{% endif %}
)
{{ macro.into_reject() }}
SELECT
    {{ stage.run_id | literal }}, {{ stage.table | literal }}, staged.{{ stage.row_number | ident }},
    {{ foreign_key.columns | join(", ") | literal }}, {{ reason | literal }}, {{ macro.row_as_text("staged") }}
FROM orphaned
JOIN {{ stage.relation | relation }} AS staged ON staged.ctid = orphaned.place;
