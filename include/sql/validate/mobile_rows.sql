{%- from "_macros.sql" import is_mobile -%}
-- Mobile rows that are in a target now.
SELECT count(*) FROM {{ plan.target | relation }} AS target WHERE {{ is_mobile(plan, "target") }};
