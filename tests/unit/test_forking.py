"""Work in a forked process: results, errors and deaths reach the task, and the task's own state stays its own."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.forking import InProcess, ProcessDied, in_process
from hybrid_sync.odbc.failures import TextNotUtf8

ROOT = Path(__file__).parents[2]


def run(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script], text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "plugins"), "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def work() -> NoReturn:
        raise error

    return work


def alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_the_work_is_done_in_another_process_and_its_result_comes_back() -> None:
    assert in_process(lambda: ("jobs", 3)) == ("jobs", 3)
    assert in_process(lambda: None) is None
    assert in_process(os.getpid) != os.getpid()


def test_a_result_larger_than_a_pipe_comes_back_whole() -> None:
    large = os.urandom(5_000_000)
    assert in_process(lambda: large) == large


@pytest.mark.parametrize("error", [SchemaMismatch("no key", table="jobs"), TextNotUtf8("é"), OSError(28, "No space")])
def test_an_error_crosses_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        in_process(raising(error))
    assert type(raised.value) is type(error)
    assert str(raised.value) == str(error)
    assert vars(raised.value) == vars(error)


def test_an_error_brings_its_place_along_and_not_the_words_of_what_caused_it() -> None:
    def work() -> None:
        try:
            raise ValueError("a row's value")
        except ValueError as error:
            raise KeyError("unexpected") from error

    with pytest.raises(KeyError) as raised:
        in_process(work)
    assert isinstance(raised.value.__cause__, InProcess)
    assert "test_forking.py" in str(raised.value.__cause__)
    assert "in work" in str(raised.value.__cause__)
    assert "a row's value" not in str(raised.value.__cause__)


def test_an_error_that_does_not_pickle_is_told_by_its_name() -> None:
    class Odd(Exception):
        pass

    with pytest.raises(RuntimeError, match="Odd: strange"):
        in_process(raising(Odd("strange")))


def test_a_result_that_does_not_pickle_is_an_error() -> None:
    with pytest.raises(TypeError, match="pickle"):
        in_process(lambda: threading.Lock())


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL", "SIGTERM", "SIGINT"])
def test_a_process_that_a_signal_ends_is_told_by_the_signals_name(name: str) -> None:
    died = run(
        "import os, signal\n"
        "from hybrid_sync.forking import ProcessDied, in_process\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)  # as a task of Airflow's has it\n"
        f"try: in_process(lambda: os.kill(os.getpid(), signal.{name}))\n"
        "except ProcessDied as died: print(died.signal, died.code)\n"
    )
    assert died.communicate(timeout=30)[0] == f"{name} {-getattr(signal, name)}\n"


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_that_exits_without_an_answer_is_told_by_its_exit_code(code: int) -> None:
    with pytest.raises(ProcessDied) as died:
        in_process(lambda: os._exit(code))
    assert (died.value.signal, died.value.code) == (None, code)


class Interrupted(BaseException):
    """What a timeout or Ctrl-C raises in the middle of the wait."""


@contextmanager
def interrupting(error: BaseException, after: float) -> Iterator[None]:
    def raise_it(*_: Any) -> None:
        raise error

    former = signal.signal(signal.SIGALRM, raise_it)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@pytest.mark.parametrize("error", [Interrupted(), KeyboardInterrupt(), TimeoutError()], ids=lambda error: repr(error))
def test_a_task_that_is_interrupted_ends_its_process_and_waits_for_it(error: BaseException, tmp_path: Path) -> None:
    told = tmp_path / "pid"

    def work() -> None:
        told.write_text(str(os.getpid()))
        time.sleep(60)

    with pytest.raises(type(error)), interrupting(error, 0.5):
        in_process(work)
    assert not Path("/proc", told.read_text()).exists()  # not even as a zombie


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_task_that_is_killed_takes_its_process_along(number: signal.Signals) -> None:
    task = run(
        "import os, time\n"
        "from hybrid_sync.forking import in_process\n"
        "def work():\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
        "in_process(work)\n"
    )
    assert task.stdout is not None
    child = int(task.stdout.readline())
    assert alive(child)
    task.send_signal(number)
    assert task.wait(10) == -number
    assert gone(child)
    task.stdout.close()


def test_output_that_was_buffered_appears_once_and_in_order_and_exit_handlers_run_in_the_task_alone() -> None:
    said = run(
        "import atexit, os\n"
        "from hybrid_sync.forking import in_process\n"
        "task = os.getpid()\n"
        "atexit.register(lambda: print('exit', os.getpid() == task))\n"
        "print('before')\n"
        "in_process(lambda: print('inside', os.getpid() == task))\n"
        "print('after')\n"
    ).communicate(timeout=30)[0]
    assert said.split("\n") == ["before", "inside False", "after", "exit True", ""]


def test_a_crash_leaves_no_core_file() -> None:
    assert in_process(lambda: resource.getrlimit(resource.RLIMIT_CORE)) == (0, 0)


def test_a_fork_costs_milliseconds() -> None:
    took = []
    for _ in range(5):
        start = time.perf_counter()
        in_process(os.getpid)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.1  # a new interpreter with the imports of a task takes more than half a second
