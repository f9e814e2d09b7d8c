{%- from "_macros.sql" import is_mobile -%}
-- Mobile rows (of a table without ownership column: all rows) as this transaction sees them: how many, and a digest of
-- content, place (ctid) and writer (xmin). A row that was rewritten with the same content has another place.
-- desktop_rows serves the guards.
SELECT
    count(*) FILTER (WHERE row_is_mobile) AS mobile_rows,
    coalesce(sum(pg_catalog.hashtextextended(row_text, 0)) FILTER (WHERE row_is_mobile), 0) AS mobile_digest,
    count(*) FILTER (WHERE NOT row_is_mobile) AS desktop_rows
FROM (
    SELECT
        mobile.row_is_mobile,
        CASE WHEN mobile.row_is_mobile THEN concat_ws('|', (examined.*)::text, examined.ctid, examined.xmin) END AS row_text
    FROM {{ relation_name | relation }} AS examined
    CROSS JOIN LATERAL (
        SELECT {% if has_ownership %}{{ is_mobile(plan, "examined") }}{% else %}TRUE{% endif %} AS row_is_mobile
    ) AS mobile
) AS each_row;
