"""Sling in the story: database to database, incremental mode with a primary key."""

from __future__ import annotations

from pathlib import Path

from peers.environment import peer_settings
from peers.tools import Answer, run_peer


class Sling:
    """Sling's incremental mode. Its `delete_missing` needs a paid token and is left out.

    :param program: the Sling program.
    :param folder: Sling's home.
    """

    name = "Sling incremental"

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder

    def prepare(self, cloud: str) -> None:
        """Nothing: Sling makes what it needs."""

    def sync(self, desktop: str, cloud: str) -> Answer:
        """Run Sling once."""
        environment = peer_settings(self.folder) | {
            "DESKTOP": f"{desktop}?sslmode=disable",
            "CLOUD": f"{cloud}?sslmode=disable",
        }
        return run_peer(
            [str(self.program), "run", "--src-conn", "DESKTOP", "--src-stream", "public.jobshead",
             "--tgt-conn", "CLOUD", "--tgt-object", "public.jobshead", "--mode", "incremental",
             "--primary-key", "job_id"],
            says=[r"inserted \d+ rows", r"WRN ([^.]*)"],
            fails_with=r"(?:ERR|FTL|fatal:?) .*",
            environment=environment,
        )  # fmt: skip
