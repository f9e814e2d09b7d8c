{# How one desktop column is asked for. `name` is quoted; `form` is one of odbc/readings.py's Form. #}
{% macro value(name, form) -%}
{% if form == "text" %}CAST({{ name }} AS TEXT)
{%- elif form == "char" %}CAST({{ name }} AS CHAR)
{%- elif form == "uuid" %}CAST({{ name }} AS VARCHAR(36))
{%- elif form == "utc" %}{{ name }} AT TIME ZONE 'UTC'
{%- elif form == "money" %}CAST(CAST({{ name }} AS NUMERIC) AS TEXT)
{%- elif form == "unsigned" %}CAST({{ name }} AS UNSIGNED)
{%- else %}{{ name }}
{%- endif %}
{%- endmacro %}

{# Bytes of a value as text or binary. #}
{% macro bytes(name, form, dbms) -%}
{% if dbms == "sqlite" %}LENGTH(CAST({{ name }} AS BLOB))
{%- else %}OCTET_LENGTH({{ value(name, form) }})
{%- endif %}
{%- endmacro %}

{# True for a value that the driver would change without a word. #}
{% macro odd(name, guard) -%}
{% if guard == "date" %}{{ name }} NOT BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
{%- elif guard == "timestamp" %}{{ name }} NOT BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999'
{%- elif guard == "time" %}{{ name }} = TIME '24:00:00'
{%- elif guard == "numeric" %}{{ name }} = NUMERIC 'NaN'
{%- endif %}
{%- endmacro %}

{% macro filter(where, quote) -%}
{% for condition in where %}
{{ "WHERE" if loop.first else "AND" }} ({{ condition.column | desktop_ident(quote) }} {{ condition.operator }} {{ condition.literal }}
{%- if condition.or_null %} OR {{ condition.column | desktop_ident(quote) }} IS NULL{% endif %})
{% endfor %}
{%- endmacro %}
