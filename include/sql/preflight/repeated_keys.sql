-- Desktop: keys that more than one row has, the rows of them, and rows whose key is not whole. Counts, no values.
SELECT
    COUNT(*),
    SUM(repeated.times),
    (SELECT COUNT(*) FROM {{ table | desktop_relation(quote) }} WHERE {% for name in columns %}{{ name | desktop_ident(quote) }} IS NULL{{ " OR " if not loop.last }}{% endfor %})
FROM (
    SELECT COUNT(*) AS times
    FROM {{ table | desktop_relation(quote) }}
    WHERE {% for name in columns %}{{ name | desktop_ident(quote) }} IS NOT NULL{{ " AND " if not loop.last }}{% endfor %}

    GROUP BY {% for name in columns %}{{ name | desktop_ident(quote) }}{{ ", " if not loop.last }}{% endfor %}

    HAVING COUNT(*) > 1
) repeated
