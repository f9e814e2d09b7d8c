"""Items made in a second thread while the one before is used: in order, one at most in advance, no error lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from hybrid_sync.ahead import ahead


def test_items_come_in_order_and_each_once() -> None:
    with ahead(iter(range(100))) as items:
        assert list(items) == list(range(100))


def test_the_next_item_is_made_while_one_is_used_and_no_more() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    with ahead(items()) as ready:
        assert next(ready) == 0
        assert second.wait(5)
        assert made == [0, 1]
        assert list(ready) == [1, 2, 3, 4]


def test_an_error_of_making_comes_where_its_item_was_due() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the desktop broke off")

    with ahead(items()) as ready:
        assert next(ready) == 1
        with pytest.raises(OSError, match="broke off"):
            next(ready)


def test_an_error_of_using_waits_for_the_item_that_is_being_made_and_begins_no_other() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    def write() -> None:
        with ahead(items()) as ready:
            next(ready)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write()
    assert made == [0, 1]
    assert "hybrid_sync_ahead_0" not in {thread.name for thread in threading.enumerate()}


def test_nothing_is_begun_where_nothing_is_asked_for() -> None:
    made: list[int] = []
    with ahead(made.append(number) or number for number in range(5)):  # type: ignore[func-returns-value]
        pass
    assert made == []
