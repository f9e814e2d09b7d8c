{%- from "_macros.sql" import is_mobile -%}
-- Every mobile row's identity with its version, to name the rows by which two certificates differ.
SELECT
    jsonb_build_object({% for name in identity %}{{ name | literal }}, examined.{{ name | ident }}{{ ", " if not loop.last }}{% endfor %})::text,
    pg_catalog.hashtextextended(concat_ws('|', examined::text, examined.ctid, examined.xmin), 0)
FROM {{ relation_name | relation }} AS examined
{% if has_ownership %}
WHERE {{ is_mobile(plan, "examined") }}
{% endif %};
