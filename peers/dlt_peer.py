"""dlt in the story: merge by upsert, and by delete-insert."""

from __future__ import annotations

from pathlib import Path

from peers.environment import BIN, peer_settings
from peers.tools import Answer, run_peer

CONFIGURATIONS = {
    "upsert": "dlt upsert",
    "filtered": "dlt upsert, filtered",
    "by_key_and_owner": "dlt delete-insert",
    "by_owner": "dlt delete-insert, owner",
}
"""Configuration of `peers.dlt_pipeline` -> its name in the table."""


class Dlt:
    """One dlt pipeline.

    :param configuration: one of CONFIGURATIONS.
    :param folder: where dlt keeps the pipeline's state.
    """

    def __init__(self, configuration: str, folder: Path) -> None:
        self.name = CONFIGURATIONS[configuration]
        self.configuration = configuration
        self.folder = folder

    def prepare(self, cloud: str) -> None:
        """Nothing: dlt makes what it needs."""

    def sync(self, desktop: str, cloud: str) -> Answer:
        """Run the pipeline once."""
        script = Path(__file__).with_name("dlt_pipeline.py")
        uris = [_with_password(desktop), _with_password(cloud)]
        return run_peer(
            [str(BIN / "python"), str(script), self.configuration, *uris, str(self.folder)],
            says=[r"jobshead: \d+ row\(s\)", "No data found to normalize", "WARNING.*"],
            fails_with=r"Key \(\S+\)=\(\S+\) already exists|[A-Z]\w+(?:Exception|Error)\b.*",
            environment=peer_settings(self.folder),
        )


def _with_password(uri: str) -> str:
    # dlt wants a password in its credentials, though this server asks for none.
    return uri.replace("postgres@", "postgres:unused@")
