"""The peers' own environment, .venv-peers: made here with uv, from peers/requirements.txt."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
REQUIREMENTS = REPOSITORY / "peers" / "requirements.txt"
FOLDER = REPOSITORY / ".venv-peers"
BIN = FOLDER / "bin"


def make_environment() -> None:
    """Make .venv-peers, unless it is what peers/requirements.txt says. Raises SystemExit with uv's words."""
    stamp = FOLDER / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("peers: making .venv-peers from peers/requirements.txt", flush=True)
    uv = str(Path(sys.executable).with_name("uv"))
    python = str(BIN / "python")
    for arguments in (
        ["venv", "--clear", "--python", sys.executable, str(FOLDER)],
        ["pip", "sync", "--python", python, str(REQUIREMENTS)],
        ["pip", "check", "--python", python],
    ):
        done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"peers: uv {arguments[0]} failed:\n{done.stderr}")
    stamp.write_text(wanted)


def peer_settings(home: Path) -> dict[str, str]:
    """The environment of a peer's process: a home of its own, none of the caller's settings, no telemetry."""
    return {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1,localhost",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SLING_DISABLE_TELEMETRY": "true",
        "SLING_HOME_DIR": str(home / "sling"),
    }


def sling_program() -> Path | None:
    """The Sling program that a wheel carries for this machine; None where there is none."""
    return next(FOLDER.glob("lib/python*/site-packages/sling_linux_*/bin/sling-linux-*"), None)


def pinned(package: str) -> str:
    """The version of `package` in peers/requirements.txt."""
    found = re.search(rf"^{re.escape(package)}==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)
    if found is None:
        raise KeyError(package)
    return found[1]
