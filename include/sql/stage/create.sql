-- {{ stage.table }}: the staging of one run. UNLOGGED: a crash empties it, and the manifest then disagrees.
DROP TABLE IF EXISTS {{ stage.relation | relation }};
CREATE UNLOGGED TABLE {{ stage.relation | relation }} WITH (autovacuum_enabled = FALSE) AS
SELECT
    NULL::bigint AS {{ stage.row_number | ident }}
{%- for column in stage.columns %},
    {{ column.name | ident }}{{ "::text" if column.name in text_columns else "::" ~ column.type if column.is_domain }}
{%- endfor %}

FROM {{ stage.target | relation }}
WITH NO DATA;
