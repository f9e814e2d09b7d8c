{# Between two columns of a list: a new line after every sixth, so that a wide table can be read. #}
{% macro comma(loop) -%}
{% if not loop.last %},{{ "\n                " if loop.index % 6 == 0 else " " }}{% endif %}
{%- endmacro %}

{# Whether a row is the desktop's: the fence around every statement that can touch a row. #}
{% macro is_desktop(plan, alias) -%}
({{ alias }}.{{ plan.ownership.column | ident }} = {{ plan.ownership.desktop | literal }}
{%- if plan.ownership.null_is_desktop %} OR {{ alias }}.{{ plan.ownership.column | ident }} IS NULL{% endif %})
{%- endmacro %}

{# The opposite, NULLs included: never NULL itself. #}
{% macro is_mobile(plan, alias) -%}
{{ is_desktop(plan, alias) }} IS NOT TRUE
{%- endmacro %}

{% macro equal(columns, left, right) -%}
{% for name in columns %}{{ left }}.{{ name | ident }} = {{ right }}.{{ name | ident }}{{ " AND " if not loop.last }}{% endfor %}
{%- endmacro %}

{# A row value of `columns`, to be compared byte for byte (*=); a domain is read as the type behind it, so that two sides have the same types. #}
{% macro row_of(plan, columns, alias) -%}
ROW({% for name in columns %}{{ alias }}.{{ name | ident }}
{%- if name in plan.base_types %}::{{ plan.base_types[name] }}{% endif %}{{ comma(loop) }}{% endfor %})::record
{%- endmacro %}

{# Two rows hold the same in `columns`, byte for byte. Column by column, which is quicker, where a type's = tells every byte from every other; else as row images. #}
{% macro same_row(plan, columns, left, right) -%}
{% set plain = columns | select("in", plan.bytewise) | list -%}
{% set others = columns | reject("in", plan.bytewise) | list -%}
{% for name in plain -%}
{% set as = plan.bytewise[name] -%}
{{ left }}.{{ name | ident }}{{ as }} IS NOT DISTINCT FROM {{ right }}.{{ name | ident }}{{ as }}
{%- if not loop.last %}

                 AND {% endif %}
{%- endfor %}
{%- if others %}
{% if plain %}

                 AND {% endif -%}
{# IS TRUE: a bare *= would have the planner sort whole rows for a merge join -#}
({{ row_of(plan, others, left) }} *= {{ row_of(plan, others, right) }}) IS TRUE
{%- elif not plain -%}
TRUE
{%- endif %}
{%- endmacro %}

{% macro names(columns, alias=none) -%}
{% for name in columns %}{% if alias %}{{ alias }}.{% endif %}{{ name | ident }}{{ comma(loop) }}{% endfor %}
{%- endmacro %}

{# Two rows hold the same value of a unique key, NULLs as the key sees them. #}
{% macro same_value(unique, left, right) -%}
{% for name in unique.columns %}{{ left }}.{{ name | ident }} {{ "=" if unique.nulls_distinct else "IS NOT DISTINCT FROM" }} {{ right }}.{{ name | ident }}{{ " AND " if not loop.last }}{% endfor %}
{%- endmacro %}

{# A mobile row holds a value of another unique key of the staged row. #}
{% macro blocked_by_mobile(plan) -%}
{% for unique in plan.other_keys %}
{%- if not loop.first %} OR {% endif -%}
EXISTS (SELECT 1 FROM {{ plan.target | relation }} AS other WHERE {{ same_value(unique, "other", "staged") }} AND {{ is_mobile(plan, "other") }})
{%- endfor %}
{%- endmacro %}

{# A row with another key holds a value of one of `uniques` of the staged row, whoever owns it. #}
{% macro blocked(plan, uniques) -%}
{% for unique in uniques %}
{%- if not loop.first %} OR {% endif -%}
EXISTS (SELECT 1 FROM {{ plan.target | relation }} AS other WHERE {{ same_value(unique, "other", "staged") }} AND NOT ({{ equal(plan.key, "other", "staged") }}))
{%- endfor %}
{%- endmacro %}

{# A dry run numbers its rows itself, far from any real number: it burns no value of a sequence. #}
{% macro numbers(plan, alias=none) -%}
{% if plan.dry_run %}{% for name, base in plan.numbered %}, {% if alias %}{{ base }} + {{ alias }}.{{ plan.row_number | ident }}{% else %}{{ name | ident }}{% endif %}{% endfor %}{% endif %}
{%- endmacro %}

{# A row's key as jsonb, as the hybrid_sync tables carry it. #}
{% macro key_object(columns, alias) -%}
jsonb_build_object({% for name in columns %}{{ name | literal }}, {{ alias }}.{{ name | ident }}{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}

{# A row's content in 64 bits, from its text: 1.0 and 1.00 differ. #}
{% macro digest_of(plan, columns, alias) -%}
pg_catalog.hashtextextended({{ row_of(plan, columns, alias) }}::text, 0)
{%- endmacro %}

{# A dry run merges no parent. A staged row whose parent this run has only staged cannot be tried, but would be stored. #}
{% macro awaits_parent(plan) -%}
{% for parent in plan.parents %}
{%- if not loop.first %} OR {% endif -%}
({% for name in parent.columns %}staged.{{ name | ident }} IS NOT NULL AND {% endfor %}NOT EXISTS (SELECT 1 FROM {{ parent.referenced_table | relation }} AS parent WHERE {% for name in parent.columns %}parent.{{ parent.referenced_columns[loop.index0] | ident }} = staged.{{ name | ident }}{{ " AND " if not loop.last }}{% endfor %}))
{%- endfor %}
{%- endmacro %}
