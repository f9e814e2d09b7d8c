"""The exception tree: the class alone says whether a retry helps, and the module's docstring shows all of it."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from hybrid_sync import errors
from hybrid_sync.errors import HybridSyncError, Retryable, Unretryable

MIDDLE = {Retryable, Unretryable}
PUBLIC: set[type[HybridSyncError]] = {
    value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, HybridSyncError) and not name.startswith("_")
}
SORTED = sorted(PUBLIC, key=lambda error: error.__name__)
LEAVES = [error for error in SORTED if error not in {HybridSyncError, *MIDDLE}]


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_error_is_either_retryable_or_unretryable(leaf: type[HybridSyncError]) -> None:
    assert sum(issubclass(leaf, middle) for middle in MIDDLE) == 1


def test_every_class_is_below_the_root() -> None:
    assert {value for value in vars(errors).values() if inspect.isclass(value)} == PUBLIC


def test_the_two_middle_classes_are_all_that_is_below_the_root() -> None:
    assert {error for error in PUBLIC if HybridSyncError in error.__bases__} == MIDDLE


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    drawn: set[tuple[str, str]] = set()
    middle = ""
    for indent, name in re.findall(r"^( +)([A-Z]\w+)  +\S", errors.__doc__ or "", re.MULTILINE):
        if len(indent) == 4:
            middle = name
        drawn.add((name, "HybridSyncError" if len(indent) == 4 else middle))

    assert drawn == {(error.__name__, error.__mro__[1].__name__) for error in PUBLIC - {HybridSyncError}}


@pytest.mark.parametrize("error", SORTED)
def test_every_error_says_when_it_is_raised(error: type[HybridSyncError]) -> None:
    assert error.__dict__.get("__doc__")


def test_a_message_begins_with_its_table() -> None:
    error = errors.TooManyRejects("3 of 10 rows cannot be stored", table="jobshead")

    assert str(error) == "jobshead: 3 of 10 rows cannot be stored"
    assert error.table == "jobshead"
    assert str(errors.RunFailed("2 tables failed")) == "2 tables failed"


def test_an_error_comes_through_pickling_as_it_was() -> None:
    error = pickle.loads(pickle.dumps(errors.StagingLost("the rows are gone", table="jobshead")))

    assert str(error) == "jobshead: the rows are gone"
    assert error.table == "jobshead"
