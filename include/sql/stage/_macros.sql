{# Where a staged row goes that cannot be merged. #}
{% macro into_reject() -%}
INSERT INTO hybrid_sync.reject (run_id, table_name, row_number, column_name, reason, row)
{%- endmacro %}

{# Every value of a staged row as text, without the row number. #}
{% macro row_as_text(alias) -%}
(SELECT jsonb_object_agg(cell.key, cell.value)
 FROM jsonb_each_text(to_jsonb({{ alias }}.*)) AS cell
 WHERE cell.key <> {{ stage.row_number | literal }})
{%- endmacro %}

{% macro names(columns, alias) -%}
{% for name in columns %}{{ alias }}.{{ name | ident }}{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

{# The keys that more than one staged row has. A key with a NULL is no key where NULLs are distinct. #}
{% macro repeated(key) -%}
SELECT {{ names(key.columns, "staged") }}
FROM {{ stage.relation | relation }} AS staged
{% if key.nulls_distinct %}
WHERE {% for name in key.columns %}staged.{{ name | ident }} IS NOT NULL{{ " AND " if not loop.last }}{% endfor %}

{% endif %}
GROUP BY {{ names(key.columns, "staged") }}
HAVING count(*) > 1
{%- endmacro %}

{% macro same(columns, left, right) -%}
{% for name in columns %}{{ left }}.{{ name | ident }} IS NOT DISTINCT FROM {{ right }}.{{ name | ident }}{{ " AND " if not loop.last }}{% endfor %}
{%- endmacro %}
