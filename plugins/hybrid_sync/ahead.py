"""Work on one item while the next is made."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def ahead(items: Iterator[T]) -> Iterator[Iterator[T]]:
    """Give the same items, each made in a second thread while the one before it is used; one at most is held ready.

    On leaving, the item that is being made is waited for, and no other is begun. Raises what making an item raises,
    where that item is due.
    """
    made = _made_ahead(items)
    try:
        yield made
    finally:
        made.close()


def _made_ahead(items: Iterator[T]) -> Generator[T]:
    ended = object()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="hybrid_sync_ahead") as worker:
        upcoming = worker.submit(next, items, ended)
        while (item := upcoming.result()) is not ended:
            upcoming = worker.submit(next, items, ended)
            yield item  # type: ignore[misc]
