{# How one desktop column is asked for. `name` is quoted; `form` is one of odbc/readings.py's Form. #}
{% macro value(name, form, dbms) -%}
{% if form == "text" %}CAST({{ name }} AS {{ "CHAR" if dbms == "mariadb" else "TEXT" }})
{%- elif form == "hex" %}CASE WHEN {{ name }} IS NOT NULL THEN HEX({{ name }}) END
{%- elif form == "bytes" %}CONVERT_TO(CASE WHEN {{ name }} IS NOT NULL THEN CONCAT({{ name }}) END, GETDATABASEENCODING())
{%- elif form == "number" %}CASE TYPEOF({{ name }}) WHEN 'real' THEN PRINTF('%!.20g', {{ name }}) ELSE CAST({{ name }} AS TEXT) END
{%- elif form == "number_or_text" %}CASE WHEN TYPEOF({{ name }}) = 'real' THEN CHAR(1) || PRINTF('%!.20g', {{ name }})
    WHEN SUBSTR({{ name }}, 1, 1) = CHAR(1) THEN CHAR(1) || {{ name }} ELSE CAST({{ name }} AS TEXT) END
{%- elif form == "uuid" %}CAST({{ name }} AS VARCHAR(36))
{%- elif form == "utc" and dbms == "mariadb" %}CAST(UNIX_TIMESTAMP({{ name }}) * 1000000 AS SIGNED)
{%- elif form == "utc" %}{{ name }} AT TIME ZONE 'UTC'
{%- elif form == "utc_text" %}CASE WHEN UNIX_TIMESTAMP({{ name }}) = 0 THEN CAST({{ name }} AS CHAR)
    ELSE CONCAT(CAST(TIMESTAMP '1970-01-01 00:00:00' + INTERVAL UNIX_TIMESTAMP({{ name }}) * 1000000 MICROSECOND AS CHAR), '+00:00') END
{%- elif form == "money" %}CAST(CAST({{ name }} AS NUMERIC) AS TEXT)
{%- elif form == "signed" %}CAST({{ name }} AS SIGNED)
{%- elif form == "decimal" %}CAST({{ name }} AS DECIMAL(20, 0))
{%- elif form == "bits" %}CAST({{ name }} AS UNSIGNED)
{%- else %}{{ name }}
{%- endif %}
{%- endmacro %}

{# Bytes of the value that is asked for; a text among numbers may get a character before it. #}
{% macro bytes(name, read, dbms) -%}
{% if dbms == "sqlite" and read.form == "hex" %}LENGTH(HEX({{ name }}))
{%- elif dbms == "sqlite" and read.form in ("number", "number_or_text") %}CASE TYPEOF({{ name }}) WHEN 'text' THEN LENGTH(CAST({{ name }} AS BLOB)) + 1 END
{%- elif dbms == "sqlite" %}LENGTH(CAST({{ name }} AS BLOB))
{%- elif dbms == "mariadb" or read.binary %}OCTET_LENGTH({{ value(name, read.form, dbms) }})
{%- else %}OCTET_LENGTH(CAST({{ value(name, read.form, dbms) }} AS TEXT))
{%- endif %}
{%- endmacro %}

{# True for a value that the driver would change without a word. #}
{% macro odd(name, read, dbms) -%}
{% set guard = read.guard %}
{% if dbms == "sqlite" %}
{%- if guard == "integer" %}TYPEOF({{ name }}) NOT IN ('integer', 'null')
{%- elif guard == "real" %}TYPEOF({{ name }}) NOT IN ('real', 'integer', 'null')
{%- elif guard == "boolean" %}{{ name }} NOT IN (0, 1)
{%- elif guard == "text" %}TYPEOF({{ name }}) = 'blob' OR INSTR({{ name }}, CHAR(0)) > 0
{%- endif %}
{%- elif dbms == "mariadb" %}
{%- if guard == "date" %}{{ name }} < '0001-01-01' OR MONTH({{ name }}) = 0 OR DAYOFMONTH({{ name }}) = 0
{%- elif guard == "time" %}{{ name }} NOT BETWEEN '00:00:00' AND '23:59:59.999999'
{%- endif %}
{%- elif guard == "date" %}{{ name }} NOT BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
{%- elif guard == "timestamp" %}{{ value(name, read.form, dbms) }} NOT BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999'
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
