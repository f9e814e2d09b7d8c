{%- from "_macros.sql" import is_mobile -%}
{%- set plan = {"ownership": ownership} -%}
-- Mobile rows of each target, and how the numbers of both sides' keys lie. One scan a table.
{% for each in counted %}
SELECT
    {{ each.name | literal }} AS table_name,
    count(*) FILTER (WHERE {{ is_mobile(plan, "target") }}) AS mobile_rows,
{% if each.number %}
    (min(target.{{ each.number | ident }}) FILTER (WHERE ({{ is_mobile(plan, "target") }}) IS FALSE))::numeric AS desktop_lowest,
    (max(target.{{ each.number | ident }}) FILTER (WHERE ({{ is_mobile(plan, "target") }}) IS FALSE))::numeric AS desktop_highest,
    (min(target.{{ each.number | ident }}) FILTER (WHERE {{ is_mobile(plan, "target") }}))::numeric AS mobile_lowest,
    (max(target.{{ each.number | ident }}) FILTER (WHERE {{ is_mobile(plan, "target") }}))::numeric AS mobile_highest
{% else %}
    NULL::numeric AS desktop_lowest,
    NULL::numeric AS desktop_highest,
    NULL::numeric AS mobile_lowest,
    NULL::numeric AS mobile_highest
{% endif %}
FROM {{ each.relation | relation }} AS target
{% if not loop.last %}
UNION ALL
{% endif %}
{% endfor %}
