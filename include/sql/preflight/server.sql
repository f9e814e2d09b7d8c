-- The server, the role and the way to it. clock_timestamp: the server's clock at the time of asking.
SELECT
    current_setting('server_version_num')::integer AS version,
    current_setting('server_version') AS version_text,
    extract(epoch FROM clock_timestamp())::double precision AS clock,
    pg_backend_pid() AS backend_pid,
    current_user::text AS role,
    role.rolsuper OR role.rolbypassrls AS passes_row_security,
    current_setting('transaction_read_only')::boolean AS read_only,
    current_setting('server_encoding') AS encoding,
    pg_database_size(current_database()) AS database_bytes
FROM pg_catalog.pg_roles AS role
WHERE role.rolname = current_user;
