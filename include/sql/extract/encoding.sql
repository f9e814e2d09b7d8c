-- The encoding of a PostgreSQL desktop.
SELECT getdatabaseencoding();
