{% from "extract/_forms.sql" import value, filter %}
SELECT
{% for read in readings %}
    {{ value(read.name | desktop_ident(quote), read.form, dbms) }} AS {{ read.name | desktop_ident(quote) }}{{ "," if not loop.last }}
{% endfor %}
FROM {{ table | desktop_relation(quote) }}
{{ filter(where, quote) }}
