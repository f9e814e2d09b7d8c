"""Work in a forked process, whose death is an error of the task and not its end.

A fork keeps what the task has imported and costs milliseconds, where a new interpreter would import for half a second.
The process owns nothing of what it inherits: it neither closes nor uses the task's connections, and runs none of its
exit handlers.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import pickle
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ProcessDied(Exception):
    """The process ended without an answer: by `signal`, its name (None: it exited), with the exit code `code`."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.signal = _name(-code) if code < 0 else None
        super().__init__(f"ended by {self.signal}" if self.signal else f"ended with exit code {code}")


class InProcess(Exception):
    """Where in the process an error was raised: the cause of the error that the task sees."""


def in_process(work: Callable[[], T]) -> T:
    """Run `work` in a forked process and give what it returns, which has to pickle.

    Its log lines go where the task's go. It ends with the task, however that ends. On macOS, whose libraries do not
    survive a fork, the work is done in the task's own process.

    Raises what `work` raises, the same class with the same text, and ProcessDied when the process ends otherwise.
    """
    if sys.platform != "linux":
        return work()
    task = os.getpid()
    answers, answer = os.pipe()
    _flush()
    child = _fork()
    if child == 0:
        _work(work, answer, task)
    try:
        os.close(answer)
        with open(answers, "rb") as pipe:
            said = pipe.read()  # to its end before the process is waited for: a pipe holds 64 kB
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException:  # a timeout or an interrupt of the task
        _end(child)
        raise
    if code or not said:
        raise ProcessDied(code)
    result, error, frames = pickle.loads(said)  # noqa: S301 - from this program's own child
    if error is None:
        return result  # type: ignore[no-any-return]
    raise error from InProcess(f"\n{frames}")


def _fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 warns of other threads, whose locks stay taken in the child. Airflow's task has none; those of
        # `airflow dags test` wait for requests.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _work(work: Callable[[], Any], answer: int, task: int) -> NoReturn:
    code = 1
    try:
        _die_with(task)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)  # Airflow's handler does nothing in a child
        gc.freeze()  # what the task left behind is the task's to finalize
        said = _said(work)
        _flush()
        with open(answer, "wb") as pipe:
            pipe.write(said)
        code = 0
    finally:
        os._exit(code)


def _die_with(task: int) -> None:
    """Have the kernel kill this process when the task's dies, also by SIGKILL."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != task:  # it died before it was watched
        os._exit(1)


def _said(work: Callable[[], Any]) -> bytes:
    try:
        return pickle.dumps((work(), None, ""))
    except BaseException as error:
        # Without the errors' own words: those of a driver may hold a row's values.
        frames = "".join(traceback.format_tb(error.__traceback__))
        return pickle.dumps((None, _portable(error), frames))


def _portable(error: BaseException) -> BaseException:
    """The error, or what can be said of it where it does not pickle."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _flush() -> None:
    """Write out what is buffered: before a fork, lest it be written twice; before the end, lest it be lost."""
    for stream in (*logging.getLogger().handlers, sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()


def _end(child: int) -> None:
    with suppress(ChildProcessError):  # it has been waited for already, and its number may be another's by now
        if os.waitpid(child, os.WNOHANG) == (0, 0):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
