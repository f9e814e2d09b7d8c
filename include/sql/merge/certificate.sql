{%- from "_macros.sql" import is_mobile -%}
-- Mobile rows (of a table without ownership column: all rows) as this transaction sees them: how many, and a digest of
-- content, place (ctid) and writer (xmin). A row that was rewritten with the same content has another place.
{% if hashed %}
-- Where equal values are equal bytes in every column, a hash of the values, which takes a third of the time of one of the text.
{% endif %}
SELECT
    count(*) AS mobile_rows,
{% if hashed %}
    coalesce(sum(pg_catalog.hash_record_extended(ROW(examined.*, examined.ctid, examined.xmin), 0)), 0) AS mobile_digest
{% else %}
    coalesce(sum(pg_catalog.hashtextextended(concat_ws('|', (examined.*)::text, examined.ctid, examined.xmin), 0)), 0) AS mobile_digest
{% endif %}
FROM {{ relation_name | relation }} AS examined
{% if has_ownership %}
WHERE {{ is_mobile(plan, "examined") }}
{% endif %};
