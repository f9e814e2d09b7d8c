{%- from "_macros.sql" import is_mobile -%}
-- Every mobile row's identity with its version, to name the rows by which two certificates differ.
SELECT
{% if identity == ("ctid",) %}
    jsonb_build_object('ctid', examined.ctid)::text,
{% else %}
    (SELECT jsonb_object_agg(cell.key, cell.value) FROM jsonb_each(to_jsonb(examined.*)) AS cell
     WHERE cell.key IN ({% for name in identity %}{{ name | literal }}{{ ", " if not loop.last }}{% endfor %}))::text,
{% endif %}
    pg_catalog.hashtextextended(concat_ws('|', (examined.*)::text, examined.ctid, examined.xmin), 0)
FROM {{ relation_name | relation }} AS examined
{% if has_ownership %}
WHERE {{ is_mobile(plan, "examined") }}
{% endif %};
