-- For each sequence: the number that it gives next, and the highest one in the column. {{ numbered | length }} of them.
{% for each in numbered %}
SELECT
    {{ loop.index0 }} AS place,
    (SELECT max({{ each.column | ident }}) FROM {{ each.relation | relation }})::numeric AS highest,
    {% if each.readable %}
    (SELECT CASE WHEN is_called THEN last_value + {{ each.increment | literal }} ELSE last_value END FROM {{ each.sequence | relation }}) AS next
    {% else %}
    NULL AS next
    {% endif %}
{% if not loop.last %}
UNION ALL
{% endif %}
{% endfor %}
