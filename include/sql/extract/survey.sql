{% from "extract/_forms.sql" import bytes, odd, filter %}
SELECT
    COUNT(*)
{%- for read in readings if read.measured and dbms != "other" %},
    MAX({{ bytes(read.name | desktop_ident(quote), read, dbms) }})
{%- endfor %}
{%- for read in readings if read.guard %},
    MAX(CASE WHEN {{ odd(read.name | desktop_ident(quote), read, dbms) }} THEN 1 ELSE 0 END)
{%- endfor %}

FROM {{ table | desktop_relation(quote) }}
{{ filter(where, quote) }}
