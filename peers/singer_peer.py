"""Meltano's target-postgres in the story, fed with the Singer messages that a tap gives for a full table."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from peers.environment import BIN, peer_settings
from peers.tools import Answer, run_peer

SCHEMA = {
    "type": "object",
    "properties": {
        "job_id": {"type": "integer"},
        "client_id": {"type": ["integer", "null"]},
        "work_desc": {"type": ["string", "null"], "maxLength": 100},
    },
}


class TargetPostgres:
    """target-postgres with `load_method: upsert`.

    :param folder: where its configuration goes.
    :param deletes: whether rows that a full table no longer has are deleted: the tap then sends the table's version and
        ACTIVATE_VERSION, the target has `hard_delete` and the metadata columns that it needs for it.
    """

    def __init__(self, folder: Path, *, deletes: bool) -> None:
        self.name = "target-postgres, deletes" if deletes else "target-postgres"
        self.folder = folder
        self.deletes = deletes
        self.versions = itertools.count(1)

    def prepare(self, cloud: str) -> None:
        """Nothing: the target makes what it needs."""

    def sync(self, desktop: str, cloud: str) -> Answer:
        """Pipe the desktop's table into the target."""
        folder = self.folder / "config.json"
        folder.write_text(json.dumps(self._settings(cloud)))
        return run_peer(
            [str(BIN / "target-postgres"), "--config", str(folder)],
            says=[r"\d+ records", r"Hard delete: True", r"WARNING.*"],
            fails_with=r"[A-Z]\w+(?:Exception|Error)\b.*",
            environment=peer_settings(self.folder),
            messages="".join(f"{json.dumps(message)}\n" for message in self._messages(desktop)),
        )

    def _settings(self, cloud: str) -> dict[str, Any]:
        parts = urlsplit(cloud)
        return {
            "host": parts.hostname,
            "port": parts.port,
            "user": parts.username,
            "password": "unused",
            "database": parts.path[1:],
            "default_target_schema": "public",
            "load_method": "upsert",
            "activate_version": self.deletes,
            "hard_delete": self.deletes,
            "add_record_metadata": self.deletes,
        }

    def _messages(self, desktop: str) -> list[dict[str, Any]]:
        import psycopg

        with psycopg.connect(desktop) as connection:
            rows = connection.execute(
                "SELECT job_id::int, client_id::int, work_desc FROM jobshead ORDER BY job_id"
            ).fetchall()
        version = {"version": next(self.versions)} if self.deletes else {}
        records = [dict(zip(SCHEMA["properties"], row, strict=True)) for row in rows]
        return [
            {"type": "SCHEMA", "stream": "jobshead", "key_properties": ["job_id"], "schema": SCHEMA},
            *({"type": "RECORD", "stream": "jobshead", "record": record, **version} for record in records),
            *([{"type": "ACTIVATE_VERSION", "stream": "jobshead", **version}] if self.deletes else []),
        ]
