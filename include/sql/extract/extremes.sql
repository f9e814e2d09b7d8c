{% from "extract/_forms.sql" import value %}
SELECT
{% for read in readings %}
    {{ value("MIN(" ~ read.name | desktop_ident(quote) ~ ")", read.form, dbms) }} AS {{ ("min_" ~ loop.index0) | desktop_ident(quote) }},
    {{ value("MAX(" ~ read.name | desktop_ident(quote) ~ ")", read.form, dbms) }} AS {{ ("max_" ~ loop.index0) | desktop_ident(quote) }}{{ "," if not loop.last }}
{% endfor %}
FROM {{ table | desktop_relation(quote) }}
