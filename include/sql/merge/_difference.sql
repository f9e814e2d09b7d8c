{# The two sides of a difference of multisets: the target's desktop rows and the staged rows, each row with its place. #}
{%- from "_macros.sql" import is_desktop, row_of, names, digest_of %}

{# A number by which rows are brought together. Rows of one number are then compared byte for byte. #}
{% macro told_apart(plan, alias) -%}
{% if plan.telling.columns -%}
hash_record_extended(ROW({{ names(plan.telling.columns, alias) }}), 0)
{%- else -%}
{{ digest_of(plan, plan.compared, alias) }}
{%- endif %}
{%- endmacro %}

{% macro present(plan) -%}
SELECT target.tableoid AS relation, target.ctid AS place, {{ names(plan.compared, "target") }},
        {{ told_apart(plan, "target") }} AS number
    FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
{%- endmacro %}

{% macro wanted(plan) -%}
SELECT staged.ctid AS place, {{ names(plan.compared, "staged") }},
        {{ told_apart(plan, "staged") }} AS number
    FROM {{ plan.staging | relation }} AS staged
{%- endmacro %}
