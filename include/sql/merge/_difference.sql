{# The two sides of a difference of multisets: the target's desktop rows and the staged rows, each row with its place. #}
{%- from "_macros.sql" import is_desktop, names, digest_of %}

{# What rows are brought together by, to be compared byte for byte then. #}
{% macro telling_of(plan, alias) -%}
{% if plan.telling.alone -%}
coalesce({{ alias }}.{{ plan.telling.alone | ident }}, {{ plan.telling.missing }})
{%- elif plan.telling.columns -%}
hash_record_extended(ROW({{ names(plan.telling.columns, alias) }}), 0)
{%- else -%}
{{ digest_of(plan, plan.compared, alias) }}
{%- endif %}
{%- endmacro %}

{# The share of rows, in percent, that gives ten thousand of them. #}
{% macro percent(rows) -%}
least(100, 1000000 / greatest(current_setting('hybrid_sync.{{ rows }}_rows')::float8, 1))
{%- endmacro %}

{% macro present(plan) -%}
SELECT target.tableoid AS "_hybrid_sync_relation", target.ctid AS "_hybrid_sync_place",
        {{ telling_of(plan, "target") }} AS "_hybrid_sync_telling"
        {%- if plan.compared %},
        {{ names(plan.compared, "target") }}
        {%- endif %}

    FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
{%- endmacro %}

{% macro wanted(plan) -%}
SELECT staged.ctid AS "_hybrid_sync_place",
        {{ telling_of(plan, "staged") }} AS "_hybrid_sync_telling"
        {%- if plan.compared %},
        {{ names(plan.compared, "staged") }}
        {%- endif %}

    FROM {{ plan.staging | relation }} AS staged
{%- endmacro %}

{# Whether rows that are brought together are so few that all of them may be compared, judged by ten thousand rows of either side. #}
{% macro few_meet(plan) -%}
SELECT coalesce(sum(one.rows * other.rows), 0) * 100 / {{ percent("desktop") }} * 100 / {{ percent("staged") }}
           <= 1000000 + 10 * (current_setting('hybrid_sync.desktop_rows')::float8 + current_setting('hybrid_sync.staged_rows')::float8)
    FROM (
        SELECT {{ telling_of(plan, "target") }} AS telling, count(*) AS rows
        FROM {{ plan.target | relation }} AS target TABLESAMPLE SYSTEM ({{ percent("desktop") }}) REPEATABLE (1)
        WHERE {{ is_desktop(plan, "target") }}
        GROUP BY 1
    ) AS one
    JOIN (
        SELECT {{ telling_of(plan, "staged") }} AS telling, count(*) AS rows
        FROM {{ plan.staging | relation }} AS staged TABLESAMPLE SYSTEM ({{ percent("staged") }}) REPEATABLE (2)
        GROUP BY 1
    ) AS other ON other.telling = one.telling
{%- endmacro %}
