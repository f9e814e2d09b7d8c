-- {{ stage.table }}: of rows of one key that are identical in every column, the first stays.
{% import "stage/_macros.sql" as macro with context %}
WITH repeated AS MATERIALIZED (
{{ macro.repeated(key) }}
), numbered AS (
    SELECT
        staged.ctid AS place,
        -- As text, because a json column has no equality; a row's text tells 1.0 from 1.00 and NULL from ''.
        row_number() OVER (
            PARTITION BY {{ macro.names(key.columns, "staged") }}, ROW(
                {%- for column in stage.columns %}staged.{{ column.name | ident }}{{ ", " if not loop.last }}{% endfor %})::text
            ORDER BY staged.{{ stage.row_number | ident }}
        ) AS copy
    FROM {{ stage.relation | relation }} AS staged
    JOIN repeated ON {{ macro.same(key.columns, "repeated", "staged") }}
)
DELETE FROM {{ stage.relation | relation }} AS staged
USING numbered
WHERE staged.ctid = numbered.place AND numbered.copy > 1;
