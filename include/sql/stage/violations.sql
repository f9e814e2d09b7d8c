-- {{ stage.table }}: staged rows that break a rule of one row, every rule that they break.
{% import "stage/_macros.sql" as macro with context %}
{{ macro.into_reject() }}
SELECT
    {{ stage.run_id | literal }}, {{ stage.table | literal }}, staged.{{ stage.row_number | ident }},
    "_hybrid_sync_rule"."_hybrid_sync_column", "_hybrid_sync_rule"."_hybrid_sync_reason", {{ macro.row_as_text("staged") }}
FROM {{ stage.relation | relation }} AS staged
{% if owned %}
CROSS JOIN (SELECT {{ owned.value | literal }}::{{ owned.type }} AS {{ owned.column | ident }}) AS "_hybrid_sync_owned"
{% endif %}
CROSS JOIN LATERAL (VALUES
{% for rule in rules %}
    ({{ rule.column | literal }}, {{ rule.reason | literal }}, {{ rule.broken }}){{ "," if not loop.last }}
{% endfor %}
) AS "_hybrid_sync_rule" ("_hybrid_sync_column", "_hybrid_sync_reason", "_hybrid_sync_broken")
WHERE ({% for rule in rules %}{{ rule.broken }}{{ " OR " if not loop.last }}{% endfor %})
  AND "_hybrid_sync_rule"."_hybrid_sync_broken";
