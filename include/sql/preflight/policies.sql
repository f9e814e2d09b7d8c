-- Row level security as it binds this role: for each command, whether a policy lets it act at all, and on every row.
SELECT
    class.oid::bigint AS target,
    command.name AS command,
    coalesce(bool_or(policy.polpermissive), FALSE) AS allowed,
    coalesce(bool_or(policy.polpermissive AND policy.expression = 'true'), FALSE)
        AND NOT coalesce(bool_or(NOT policy.polpermissive AND policy.expression <> 'true'), FALSE) AS every_row,
    coalesce(array_agg(policy.polname::text ORDER BY policy.polname) FILTER (WHERE policy.polname IS NOT NULL), '{}')
        AS policies
FROM pg_catalog.pg_class AS class
CROSS JOIN (VALUES ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) AS command (name, letter)
LEFT JOIN LATERAL (
    SELECT own.polname, own.polpermissive, pg_get_expr(own.polqual, own.polrelid) AS expression
    FROM pg_catalog.pg_policy AS own
    WHERE own.polrelid = class.oid AND own.polcmd::text IN ('*', command.letter)
      AND EXISTS (
          SELECT 1 FROM unnest(own.polroles) AS bound (role)
          WHERE bound.role = 0 OR pg_has_role(current_user, bound.role, 'USAGE')
      )
) AS policy ON TRUE
WHERE class.oid = ANY (%(oids)s) AND row_security_active(class.oid)
GROUP BY class.oid, command.name
ORDER BY class.oid, command.name;
