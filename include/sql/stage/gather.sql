-- {{ stage.table }}: one part into the staging of the whole. Its rows get the numbers that they have in the whole.
-- Copied, not inherited: a row is found again by its ctid, which is one of a kind in one table only.
INSERT INTO {{ stage.relation | relation }} ({{ stage.row_number | ident }}
{%- for column in stage.columns %}, {{ column.name | ident }}{% endfor %})
SELECT part.{{ stage.row_number | ident }} + {{ shift | literal }}
{%- for column in stage.columns %}, part.{{ column.name | ident }}{% endfor %}

FROM {{ part | relation }} AS part;
