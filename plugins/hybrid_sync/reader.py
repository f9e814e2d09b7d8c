"""The desktop in a process of its own: a driver that crashes is an error with a next step, not the end of the task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hybrid_sync.desktop import Desktop
from hybrid_sync.forking import ProcessDied, in_process
from hybrid_sync.odbc import failures

T = TypeVar("T")


def with_desktop(connection_string: str, doing: str, work: Callable[[Desktop], T], *, table: str | None = None) -> T:
    """Connect and do `work` in a forked process; nothing of ODBC is opened in this one.

    :param connection_string: plain ODBC, as `Desktop` takes it.
    :param doing: what the work does, to follow "while": `table jobs was read`.
    :param work: gives what pickles. It must not talk to Airflow: killed in between, it would leave half a conversation.
    :param table: the registry's entry that an error names.

    Raises what `Desktop` and `work` raise, and DesktopUnavailable when the process dies: by its driver, by the
    out-of-memory killer, or by anybody else.
    """

    def connected() -> T:
        with Desktop(connection_string) as desktop:
            return work(desktop)

    try:
        return in_process(connected)
    except ProcessDied as death:
        raise failures.reader_died(death.signal, death.code, connection_string, doing, table) from None
