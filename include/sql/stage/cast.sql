-- {{ stage.table }}: columns that arrived as text become the target's types.
ALTER TABLE {{ stage.relation | relation }}
{% for column in columns %}
    ALTER COLUMN {{ column.name | ident }} TYPE {{ column.type }} USING {{ column.name | ident }}::{{ column.type }}{{ "," if not loop.last else ";" }}
{% endfor %}
