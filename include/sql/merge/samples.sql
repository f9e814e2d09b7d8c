{%- from "_macros.sql" import is_desktop, equal, key_object -%}
{%- from "merge/_compared.sql" import compared -%}
-- A dry run's examples: the keys of the first rows of each outcome.
WITH compared AS (
{{ compared(plan, plan.key) }}),
chosen AS (
    SELECT compared."_hybrid_sync_outcome" AS outcome, {{ key_object(plan.key, "compared") }} AS key,
           row_number() OVER (PARTITION BY compared."_hybrid_sync_outcome" ORDER BY compared.{{ plan.row_number | ident }}) AS place
    FROM compared
{% if plan.propagate %}
    UNION ALL
    SELECT 'deleted', {{ key_object(plan.key, "target") }}, row_number() OVER ()
    FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
      AND NOT EXISTS (SELECT 1 FROM {{ plan.staging | relation }} AS staged WHERE {{ equal(plan.key, "staged", "target") }})
{% endif %}
)
SELECT chosen.outcome, jsonb_agg(chosen.key ORDER BY chosen.place)
FROM chosen
WHERE chosen.place <= {{ count }}
GROUP BY chosen.outcome
ORDER BY chosen.outcome;
