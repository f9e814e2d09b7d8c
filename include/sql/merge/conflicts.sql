{%- from "_macros.sql" import is_desktop, is_mobile, equal, row_of, digest_of, key_object, same_value -%}
-- Store the desktop rows that a mobile row stands in the way of, each once, and close those that no longer do.
-- Kinds are PostgreSQL 18's names of replication conflicts.
WITH standing (kind, key, desktop_row, mobile_row) AS (
{% if plan.key %}
    SELECT
        'insert_exists' AS kind,
        {{ key_object(plan.key, "staged") }} AS key,
        to_jsonb(staged.*) - {{ plan.row_number | literal }} AS desktop_row,
        to_jsonb(target.*) AS mobile_row
    FROM {{ plan.staging | relation }} AS staged
    JOIN {{ plan.target | relation }} AS target ON {{ equal(plan.key, "target", "staged") }}
    WHERE {{ is_mobile(plan, "target") }}
{% endif %}
{% for unique in plan.other_keys %}
    {{ "UNION ALL" if plan.key or not loop.first }}
    -- another row holds a unique value of the staged one (an upsert's: whoever owns it)
    SELECT
        {% if plan.key %}CASE WHEN own.{{ plan.key[0] | ident }} IS NULL THEN 'insert_exists' ELSE 'update_exists' END{% else %}'insert_exists'{% endif %},
        {{ key_object(plan.key or unique.columns, "staged") }} || jsonb_build_object('unique', {{ unique.columns | join(", ") | literal }}),
        to_jsonb(staged.*) - {{ plan.row_number | literal }},
        to_jsonb(target.*)
    FROM {{ plan.staging | relation }} AS staged
    JOIN {{ plan.target | relation }} AS target ON {{ same_value(unique, "target", "staged") }}
{% if plan.key %}
    LEFT JOIN {{ plan.target | relation }} AS own ON {{ equal(plan.key, "own", "staged") }}
    WHERE NOT ({{ equal(plan.key, "target", "staged") }})
      AND (own.{{ plan.key[0] | ident }} IS NULL{% if unique in plan.assigned_keys %} OR {{ is_desktop(plan, "own") }}{% endif %})
{% else %}
    WHERE {{ is_mobile(plan, "target") }}
{% endif %}
{% endfor %}
{% if plan.detect_edits %}
    UNION ALL
    SELECT 'update_origin_differs', {{ key_object(plan.key, "staged") }}, to_jsonb(staged.*) - {{ plan.row_number | literal }}, to_jsonb(target.*)
    FROM {{ plan.staging | relation }} AS staged
    JOIN {{ plan.target | relation }} AS target ON {{ equal(plan.key, "target", "staged") }}
    JOIN hybrid_sync.written AS written
        ON written.table_name = {{ plan.table | literal }} AND written.key = {{ key_object(plan.key, "target") }}
       AND written.columns = {{ plan.compared_as | literal }}
    WHERE {{ is_desktop(plan, "target") }}
      AND written.digest <> {{ digest_of(plan, plan.compared, "target") }}
      AND NOT ({{ row_of(plan, plan.compared, "target") }} *= {{ row_of(plan, plan.compared, "staged") }})
{% endif %}
{% for child in plan.children if plan.propagate %}
    UNION ALL
    -- a desktop row that the desktop has deleted, and a row that still needs it
    SELECT 'delete_restricted', {{ key_object(plan.key, "target") }}, to_jsonb(target.*), to_jsonb(child.*)
    FROM {{ plan.target | relation }} AS target
    JOIN {{ child.child | relation }} AS child ON {% for name in child.child_columns %}child.{{ name | ident }} = target.{{ child.referenced_columns[loop.index0] | ident }}{{ " AND " if not loop.last }}{% endfor %}

    WHERE {{ is_desktop(plan, "target") }}
      AND NOT EXISTS (SELECT 1 FROM {{ plan.staging | relation }} AS staged WHERE {{ equal(plan.key, "staged", "target") }})
{% endfor %}
),
closed AS (
    UPDATE hybrid_sync.conflict AS open
    SET resolved_at = now()
    WHERE open.table_name = {{ plan.table | literal }} AND open.resolved_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM standing WHERE standing.kind = open.kind AND standing.key = open.key)
{% if not plan.propagate %}
      AND open.kind <> 'delete_restricted'
{% endif %}
{% if not plan.full and plan.key %}
      -- an incremental extract says nothing of keys that it does not hold
      AND EXISTS (SELECT 1 FROM {{ plan.staging | relation }} AS staged
                  WHERE {% for name in plan.key %}to_jsonb(staged.{{ name | ident }}) = open.key -> {{ name | literal }}{{ " AND " if not loop.last }}{% endfor %})
{% endif %}
    RETURNING 1
),
stored AS (
    INSERT INTO hybrid_sync.conflict AS open (run_id, table_name, kind, key, desktop_row, mobile_row)
    SELECT DISTINCT ON (standing.kind, standing.key) {{ plan.run_id | literal }}, {{ plan.table | literal }}, standing.kind, standing.key, standing.desktop_row, standing.mobile_row
    FROM standing
    ORDER BY standing.kind, standing.key
    ON CONFLICT (table_name, kind, key) WHERE resolved_at IS NULL
    DO UPDATE SET desktop_row = EXCLUDED.desktop_row, mobile_row = EXCLUDED.mobile_row
    WHERE (open.desktop_row, open.mobile_row) IS DISTINCT FROM (EXCLUDED.desktop_row, EXCLUDED.mobile_row)
    RETURNING (open.xmax = 0) AS is_new
)
SELECT
    (SELECT count(*) FROM standing) AS standing,
    (SELECT count(*) FROM stored WHERE is_new) AS new,
    (SELECT count(*) FROM closed) AS closed;
