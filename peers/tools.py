"""What a tool that lives through the story has to be able to do."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SECONDS = 300
"""How long one sync of a peer may take."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool said of one sync.

    :param words: one line for the table.
    :param refused: the tool failed or refused, and said so. None of the desktop's rows counts as silently dropped.
    :param message: all that it said when it failed or refused.
    """

    words: str
    refused: bool = False
    message: str = ""


class Tool(Protocol):
    """A tool with its configuration. It keeps what it must remember from one sync to the next."""

    name: str

    def prepare(self, cloud: str) -> None:
        """Make what the tool needs in the cloud (a URI) before the first sync."""

    def sync(self, desktop: str, cloud: str) -> Answer:
        """Bring jobshead from the desktop to the cloud (both URIs)."""


def run_peer(
    command: Sequence[str],
    *,
    says: Sequence[str],
    fails_with: str,
    environment: Mapping[str, str],
    messages: str | None = None,
) -> Answer:
    """Run a peer's process.

    :param says: patterns of what the table shows of its output, each the last time it occurs.
    :param fails_with: pattern of what the table shows when the process fails.
    :param environment: the whole environment of the process.
    :param messages: its standard input.
    """
    done = subprocess.run(
        command, input=messages, capture_output=True, text=True, check=False, env=dict(environment), timeout=SECONDS
    )
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    if done.returncode:
        found = re.search(fails_with, output)
        return Answer(f"exit {done.returncode}: {found[0] if found else 'see below'}", refused=True, message=output)
    said = [matches[-1] for pattern in says if (matches := re.findall(pattern, output))]
    return Answer("exit 0: " + (", ".join(said) or "nothing"))
