-- {{ stage.table }}: one rule tried row by row, because some row makes it raise an error. Such a row breaks it.
{% import "stage/_macros.sql" as macro with context %}
{% set body %}
#variable_conflict use_column
DECLARE
    _hybrid_sync_place tid;
    _hybrid_sync_broken boolean;
BEGIN
    FOR _hybrid_sync_place IN SELECT staged.ctid FROM {{ stage.relation | relation }} AS staged LOOP
        BEGIN
            SELECT {{ rule.broken }} INTO _hybrid_sync_broken
            FROM {{ stage.relation | relation }} AS staged
            {% if owned %}
            CROSS JOIN (SELECT {{ owned.value | literal }}::{{ owned.type }} AS {{ owned.column | ident }}) AS "_hybrid_sync_owned"
            {% endif %}
            WHERE staged.ctid = _hybrid_sync_place;
        EXCEPTION
            WHEN insufficient_privilege THEN RAISE;
            WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded
                OR syntax_error_or_access_rule_violation OR raise_exception THEN _hybrid_sync_broken := TRUE;
        END;
        IF _hybrid_sync_broken THEN
            {{ macro.into_reject() }}
            SELECT
                {{ stage.run_id | literal }}, {{ stage.table | literal }}, staged.{{ stage.row_number | ident }},
                {{ rule.column | literal }}, {{ rule.reason | literal }}, {{ macro.row_as_text("staged") }}
            FROM {{ stage.relation | relation }} AS staged
            WHERE staged.ctid = _hybrid_sync_place;
        END IF;
    END LOOP;
END
{% endset %}
DO {{ body | literal }};
