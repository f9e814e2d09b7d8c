{%- from "_macros.sql" import is_desktop, equal -%}
-- deletes: propagate. How many desktop rows the full extract no longer has.
SELECT count(*)
FROM {{ plan.target | relation }} AS target
WHERE {{ is_desktop(plan, "target") }}
  AND NOT EXISTS (SELECT 1 FROM {{ plan.staging | relation }} AS staged WHERE {{ equal(plan.key, "staged", "target") }});
