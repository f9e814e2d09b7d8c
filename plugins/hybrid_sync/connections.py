"""The connections that Airflow keeps, opened; and what a driver's error means to whoever has to act on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hybrid_sync.errors import CloudUnavailable, ConnectionMisconfigured, MergeContention, Unretryable

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = "30"
"""How long to wait for the cloud to answer, unless the connection's extra or PGCONNECT_TIMEOUT says otherwise."""

_REFUSED = (
    "password authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry",
    "unsupported startup parameter", "Tenant or user not found",
)  # fmt: skip


@contextmanager
def cloud(conn_id: str, table: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the cloud, closed at the end; errors inside come out as the package's own.

    No statement is prepared on the server, so that a transaction pooler may hand the session on.

    :param conn_id: an Airflow connection of type postgres.
    :param table: the table that errors name.
    :raises ConnectionMisconfigured: it is not defined, or refuses its credentials.
    :raises CloudUnavailable: it cannot be reached, or broke off.
    :raises Unretryable: a statement was refused.
    """
    import psycopg
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    os.environ.setdefault("PGCONNECT_TIMEOUT", CONNECT_SECONDS)  # libpq's own default is to wait without end
    with known_connection(conn_id, "postgres"):
        hook = PostgresHook(postgres_conn_id=conn_id, log_sql=False)
        try:
            connection: Any = hook.get_conn()
        except psycopg.OperationalError as error:
            raise _unreachable(conn_id, error) from None
    try:
        connection.prepare_threshold = None
        connection.autocommit = True  # every transaction is a `with connection.transaction()` that one can see
        with translated(table):
            yield connection
    finally:
        connection.close()


def desktop_connection_string(conn_id: str) -> str:
    """The ODBC connection string of an Airflow connection of type odbc. It holds the password: never log it.

    Raises ConnectionMisconfigured when the connection is not defined or names neither driver nor DSN.
    """
    with known_connection(conn_id, "odbc"):
        from airflow.providers.odbc.hooks.odbc import OdbcHook
        from airflow.sdk.configuration import conf

        hook = OdbcHook(odbc_conn_id=conn_id)
        extra = {name.lower() for name in hook.connection.extra_dejson}
        allowed = conf.getboolean("providers.odbc", "allow_driver_in_extra", fallback=False)
        if "dsn" not in extra and not ("driver" in extra and allowed):
            setting = "AIRFLOW__PROVIDERS_ODBC__ALLOW_DRIVER_IN_EXTRA=True"
            problem = (
                f"Airflow ignores its driver until {setting} is set" if "driver" in extra else "it names no driver"
            )
            raise ConnectionMisconfigured(
                f"connection {conn_id!r}: {problem}. Give its extra a driver (and set {setting}) or a DSN."
            )
        return str(hook.odbc_connection_string)


@contextmanager
def known_connection(conn_id: str, kind: str) -> Iterator[None]:
    """Say how to define a connection that Airflow does not know. Raises ConnectionMisconfigured."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        yield
    except AirflowNotFoundException:
        raise ConnectionMisconfigured(
            f"Airflow has no connection {conn_id!r}. Define it: airflow connections add {conn_id} --conn-type {kind} "
            f".., or AIRFLOW_CONN_{conn_id.upper()} in the environment."
        ) from None


def _unreachable(conn_id: str, error: psycopg.OperationalError) -> Exception:
    words = " ".join(str(error).split())
    if any(sign in words for sign in _REFUSED):
        return ConnectionMisconfigured(
            f"connection {conn_id!r} is refused: {words}. Correct its login, password or database in Airflow."
        )
    return CloudUnavailable(f"connection {conn_id!r} cannot be reached: {words}. Check host, port and network; retry.")


@contextmanager
def translated(table: str | None = None) -> Iterator[None]:
    """Turn psycopg's errors into the package's, without the rows' values that the server puts into its texts.

    :raises CloudUnavailable: the connection broke, the server is shutting down, read-only, or out of room.
    :raises MergeContention: a serialization failure, deadlock, or lock that was not to be had.
    :raises ConnectionMisconfigured: the role lacks a privilege.
    :raises Unretryable: anything else that the server refuses.
    """
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise _translation(error, table) from None


def _translation(error: psycopg.Error, table: str | None) -> Exception:
    import psycopg
    from psycopg import errors

    what = describe(error)
    if isinstance(error, errors.SerializationFailure | errors.DeadlockDetected | errors.LockNotAvailable):
        return MergeContention(f"{what}. Nothing was changed; a retry starts afresh.", table=table)
    if isinstance(error, errors.InsufficientPrivilege):
        return ConnectionMisconfigured(f"{what}. Grant it to the sync's role (include/sql/roles.sql).", table=table)
    # Class 08 has no code when the socket breaks, and one when a pooler says so.
    if (error.sqlstate or "").startswith("08") or (isinstance(error, psycopg.OperationalError) and not error.sqlstate):
        return CloudUnavailable(
            f"{what}. The transaction was committed whole or not at all; a retry finds out which.", table=table
        )
    if isinstance(error, errors.ReadOnlySqlTransaction) or (error.sqlstate or "")[:2] in ("53", "57", "58"):
        return CloudUnavailable(f"{what}. The transaction was rolled back; retry when the cloud is well.", table=table)
    return Unretryable(
        f"the cloud refused a statement: {what}. It was rolled back and nothing was changed.", table=table
    )


def describe(error: psycopg.Error) -> str:
    """What the server said, by code, constraint and names; its words only where they hold no row's values.

    The primary message of class 22 (data exceptions) and every DETAIL quote values (PostgreSQL's errcodes appendix).
    """
    diagnosis = error.diag
    if error.sqlstate is None:
        return " ".join(str(error).split()) or type(error).__name__
    named = [
        f"{kind} {name}"
        for kind, name in (
            ("table", diagnosis.table_name),
            ("column", diagnosis.column_name),
            ("constraint", diagnosis.constraint_name),
        )
        if name
    ]  # fmt: skip
    # RAISE says what a trigger's author wrote, a row's values too; class 09 is the guard trigger's own.
    raised = diagnosis.source_function == "exec_stmt_raise" and not error.sqlstate.startswith("09")
    words = "" if raised or error.sqlstate.startswith("22") else f": {diagnosis.message_primary}"
    return f"{type(error).__name__} ({error.sqlstate}){words}{' [' + ', '.join(named) + ']' if named else ''}"
