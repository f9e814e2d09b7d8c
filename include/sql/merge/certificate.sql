{%- from "_macros.sql" import is_mobile -%}
-- Mobile rows (of a table without ownership column: all rows) as this transaction sees them: how many, and a digest of
-- content, place (ctid) and writer (xmin). A row that was rewritten with the same content has another place.
SELECT
    count(*) AS mobile_rows,
    coalesce(sum(pg_catalog.hashtextextended(concat_ws('|', (examined.*)::text, examined.ctid, examined.xmin), 0)), 0) AS mobile_digest
FROM {{ relation_name | relation }} AS examined
{% if has_ownership %}
WHERE {{ is_mobile(plan, "examined") }}
{% endif %};
