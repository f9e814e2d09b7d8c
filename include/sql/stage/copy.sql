COPY {{ stage.relation | relation }} ({{ stage.row_number | ident }}
{%- for column in stage.columns %}, {{ column.name | ident }}{% endfor %})
FROM STDIN (FORMAT binary, FREEZE);
