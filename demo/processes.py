"""`airflow standalone` as a process: started so that it can be stopped, stopped so that nothing is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

STOP_SECONDS = 25  # by itself it takes 7 to 15, or a minute when tasks run and retry their calls to the API


@contextmanager
def shielded() -> Iterator[None]:
    """Ignore Ctrl-C for a while: an impatient second one must not leave half of the processes behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {kind: signal.signal(kind, signal.SIG_IGN) for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for kind, handler in former.items():
            signal.signal(kind, handler)


def interrupt_on_signals() -> None:
    """Let SIGTERM and a closed terminal end this program as Ctrl-C does: by KeyboardInterrupt, with its clean-up."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, interrupt)


class AirflowProcess:
    """One `airflow standalone` and everything that it starts, in a session of its own.

    :param environment: the whole environment.
    :param folder: the working folder.
    :param log: the file that gets everything it prints; a former one is overwritten.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, log: Path) -> None:
        self.environment = dict(environment)
        self.folder = folder
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Comes back at once."""
        # Only SIGINT stops standalone's children, and a shell's background job starts with SIGINT ignored.
        command = ["env", "--default-signal=INT", str(Path(sys.executable).parent / "airflow"), "standalone"]
        if setpriv := shutil.which("setpriv"):
            # Should this process be killed outright, the kernel sends the SIGINT that we no longer can.
            command = [setpriv, "--pdeathsig", "INT", *command]
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=self.environment, cwd=self.folder, start_new_session=True,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether the parent process lives."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> None:
        """Wait until it ends."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Stop it with SIGINT; end what is left of its session after STOP_SECONDS. Harmless when nothing runs."""
        if self._process is None:
            return
        with shielded():
            self._stop(self._process)
        self._process = None

    @staticmethod
    def _stop(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            # To the parent alone: a signal to the whole group can deadlock the executor's workers.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _end(process.pid)


def _session(leader: int) -> list[int]:
    """The living processes of the session that `leader` leads."""
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # After the name in parentheses: state, parent, process group, session.
            state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it ended meanwhile
            continue
        if int(session) == leader and state != "Z":
            members.append(int(entry.name))
    return members


def _end(leader: int) -> None:
    """End what is left of a session, politely at first."""
    for kind, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        deadline = time.monotonic() + seconds
        left = _session(leader)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, kind)
        while left and time.monotonic() < deadline:
            time.sleep(0.1)
            left = _session(leader)
        if not left:
            return
