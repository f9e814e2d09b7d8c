-- The rows that both sides are filled with: 13 columns, two texts of about 40 and 100 characters.
CREATE FUNCTION bench_rows(first bigint, last bigint)
RETURNS TABLE (
    job_id bigint, org_id integer, client_id integer, task_id integer, title text, notes text,
    job_date date, target_date date, amount numeric, hours numeric, minutes integer, status text,
    changed_at timestamp
)
LANGUAGE sql IMMUTABLE AS $$
    SELECT
        n, (n % 7)::integer + 1, (n * 7919 % 5000)::integer, (n % 40)::integer,
        'Job ' || n || ' – ' || left(md5(n::text), 27),
        md5((n * 3)::text) || ' ' || md5((n * 5)::text) || ' ' || md5((n * 7)::text),
        DATE '2015-01-01' + (n % 3650)::integer,
        CASE WHEN n % 11 > 0 THEN DATE '2015-02-01' + (n % 3650)::integer END,
        (n * 37 % 10000000) / 100.0, CASE WHEN n % 13 > 0 THEN (n * 25 % 100000) / 100.0 END, (n % 600)::integer,
        chr(65 + (n % 5)::integer),
        TIMESTAMP '2024-01-01 00:00:00.123456' + (n % 31536000) * INTERVAL '1 second'
    FROM generate_series(first, last) AS n
$$;
