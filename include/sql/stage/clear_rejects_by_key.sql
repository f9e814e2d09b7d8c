-- {{ stage.table }}: rejects of earlier runs whose key this run read again.
{% macro same_key(left, right) -%}
{% for name in key %}rtrim({{ left }} ->> {{ name | literal }}) = rtrim({{ right }} ->> {{ name | literal }}){{ " AND " if not loop.last }}{% endfor %}
{%- endmacro %}
DELETE FROM hybrid_sync.reject AS earlier
WHERE earlier.table_name = {{ stage.table | literal }} AND earlier.run_id <> {{ stage.run_id | literal }}
  AND (
    EXISTS (
        SELECT 1
        FROM {{ stage.relation | relation }} AS staged
        CROSS JOIN LATERAL to_jsonb(staged) AS current (row)
        WHERE {{ same_key("current.row", "earlier.row") }}
    ) OR EXISTS (
        SELECT 1 FROM hybrid_sync.reject AS current
        WHERE current.table_name = {{ stage.table | literal }} AND current.run_id = {{ stage.run_id | literal }}
          AND {{ same_key("current.row", "earlier.row") }}
    )
  );
