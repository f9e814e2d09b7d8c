{%- from "_macros.sql" import is_desktop, is_mobile, equal, row_of, names, digest_of, key_object, blocked_by_mobile, awaits_parent -%}
-- upsert {{ plan.table }}, run {{ plan.run_id }}: one row an outcome.
WITH compared AS MATERIALIZED (
    SELECT
        staged.{{ plan.row_number | ident }} AS row_number,
        CASE
            WHEN target.{{ plan.key[0] | ident }} IS NOT NULL AND {{ is_mobile(plan, "target") }} THEN 'conflict'
{% if plan.compared %}
            -- byte for byte, so that 1.0 and 1.00, or a json's spelling, do not pass for the same
            WHEN target.{{ plan.key[0] | ident }} IS NOT NULL
                 AND {{ row_of(plan, plan.compared, "target") }} *= {{ row_of(plan, plan.compared, "staged") }} THEN 'unchanged'
{% else %}
            WHEN target.{{ plan.key[0] | ident }} IS NOT NULL THEN 'unchanged'
{% endif %}
{% if plan.detect_edits and not plan.desktop_wins %}
            -- what stands there is not what we last wrote: a phone edited our row, and its edit stays
            WHEN written.digest <> {{ digest_of(plan, plan.compared, "target") }} THEN 'conflict'
{% endif %}
{% if plan.other_keys %}
            WHEN {{ blocked_by_mobile(plan) }} THEN 'conflict'
{% endif %}
{% if plan.parents %}
            WHEN {{ awaits_parent(plan) }}
                 THEN CASE WHEN target.{{ plan.key[0] | ident }} IS NULL THEN 'would_insert' ELSE 'would_update' END
{% endif %}
            WHEN target.{{ plan.key[0] | ident }} IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS outcome
    FROM {{ plan.staging | relation }} AS staged
    LEFT JOIN {{ plan.target | relation }} AS target ON {{ equal(plan.key, "target", "staged") }}
{% if plan.detect_edits and not plan.desktop_wins %}
    LEFT JOIN hybrid_sync.written AS written
        ON written.table_name = {{ plan.table | literal }} AND written.key = {{ key_object(plan.key, "staged") }}
{% endif %}
),
upserted AS (
    INSERT INTO {{ plan.target | relation }} AS target ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{% if plan.dry_run and plan.numbered %}, {{ names(plan.numbered) }}{% endif %})
{% if plan.dry_run and plan.numbered %}
    OVERRIDING SYSTEM VALUE  -- a dry run burns no sequence value
{% endif %}
    SELECT {{ names(plan.columns, "staged") }}, {{ plan.ownership.desktop | literal }}{% if plan.dry_run and plan.numbered %}{% for name in plan.numbered %}, -staged.{{ plan.row_number | ident }}{% endfor %}{% endif %}

    FROM {{ plan.staging | relation }} AS staged
    JOIN compared ON compared.row_number = staged.{{ plan.row_number | ident }}
    WHERE compared.outcome IN ('inserted', 'updated')
    ON CONFLICT ({{ names(plan.key) }}) DO UPDATE SET
{% for name in plan.assigned %}
        {{ name | ident }} = EXCLUDED.{{ name | ident }},
{% endfor %}
        {{ plan.ownership.column | ident }} = {{ plan.ownership.desktop | literal }}
    WHERE {{ is_desktop(plan, "target") }}
    RETURNING target.xmax = 0 AS is_new
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM upserted WHERE is_new
UNION ALL
SELECT 'updated', count(*) FROM upserted WHERE NOT is_new
UNION ALL
SELECT compared.outcome, count(*) FROM compared WHERE compared.outcome NOT IN ('inserted', 'updated') GROUP BY compared.outcome;
{% if plan.propagate %}

-- deletes: propagate. A desktop row that the full extract no longer has goes, unless a row of another table needs it.
WITH doomed AS MATERIALIZED (
    SELECT
        {{ names(plan.key, "target") }},
        {% for child in plan.children %}EXISTS (SELECT 1 FROM {{ child.child | relation }} AS child WHERE {% for name in child.child_columns %}child.{{ name | ident }} = target.{{ child.referenced_columns[loop.index0] | ident }}{{ " AND " if not loop.last }}{% endfor %}){{ " OR " if not loop.last }}{% else %}FALSE{% endfor %} AS is_needed
    FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
      AND NOT EXISTS (SELECT 1 FROM {{ plan.staging | relation }} AS staged WHERE {{ equal(plan.key, "staged", "target") }})
),
gone AS (
    DELETE FROM {{ plan.target | relation }} AS target
    USING doomed
    WHERE {{ equal(plan.key, "doomed", "target") }} AND NOT doomed.is_needed AND {{ is_desktop(plan, "target") }}
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'restricted', count(*) FROM doomed WHERE doomed.is_needed;
{% endif %}
