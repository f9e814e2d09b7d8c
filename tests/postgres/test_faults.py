"""Faults on real processes, servers and sockets: each leaves the target exactly as before or exactly as after.

docs/fault-matrix.md lists them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres.office import KIND, TABLES, Office, until
from tests.postgres.wire import Wire

SIGNALS = [signal.SIGKILL, signal.SIGTERM]


@pytest.fixture
def office(new_database: Callable[[], str], tmp_path: Path) -> Office:
    return Office(new_database(), new_database(), tmp_path / "office")


def cloud_port(office: Office) -> int:
    return int(office.cloud.rsplit(":", 1)[1].split("/")[0])


# -- the task's process is killed


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_an_extract_that_is_killed_leaves_no_extract_and_the_retry_writes_it_whole(
    office: Office, number: signal.Signals
) -> None:
    before = office.picture()
    with Wire(cloud_port(office), stall_after=100_000) as wire:
        attempt = office.attempt("extract", desktop=wire.port)
        assert wire.reached.wait(20)
        assert attempt.kill(number).exit_code == -number
    assert list(office.extracts.rglob("extract.parquet")) == []
    assert len(list(office.extracts.rglob(".*.partial"))) == 1
    assert office.do("extract").result["rows"] == 3000
    office.do("stage", "merge")
    assert office.picture() != before
    office.assert_synced()
    office.assert_at_rest()
