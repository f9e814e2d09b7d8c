"""What a data engineer does on a Tuesday: the form, incremental runs, replays, assets, alerts, a schedule."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.airflow.conftest import RUNNER, Firm, Run
from tests.airflow.test_dag_parse import ROOT, python

REGISTRY = """\
tables:
  orgmaster: {strategy: upsert, key: [org_id], insert_only_columns: [updated_at]}
  conmaster: {strategy: upsert, key: [con_id], insert_only_columns: [updated_at], watermark: updated_at,
              after: [orgmaster]}
  locmaster: {strategy: upsert, key: [loc_id], insert_only_columns: [updated_at], after: [orgmaster]}
  jobtasks:  {strategy: delete_insert, generated_key: jt_id, watermark: updated_at, after: [orgmaster, locmaster]}
"""
BOARD = '''\
"""A notifier that writes what it is told to a file."""

import json
import os

from airflow.sdk import BaseNotifier


class Board(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text, token):
        super().__init__()
        self.text, self.token = text, token

    def notify(self, context):
        with open(os.environ["BOARD"], "a") as board:
            board.write(json.dumps({"text": self.text, **context["hybrid_sync"]}) + "\\n")
'''
TOKEN = "xoxb-planted"


class Office:
    """A firm of four tables with a notifier, and what its runs tell the world."""

    def __init__(self, firm: Firm, folder: Path) -> None:
        self.firm = firm
        (folder / "tables.yaml").write_text(REGISTRY)
        (folder / "notice_board.py").write_text(BOARD)
        self._board = folder / "board"
        self._metadata = f"{firm.environment['AIRFLOW_HOME']}/airflow.db"
        firm.environment |= {
            "PYTHONPATH": f"{firm.environment['PYTHONPATH']}:{folder}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self._metadata}",  # airflow.cfg names another
            "HYBRID_SYNC_REGISTRY": str(folder / "tables.yaml"),
            "HYBRID_SYNC_NOTIFIER": "notice_board.Board",
            "HYBRID_SYNC_NOTIFIER_KWARGS": json.dumps(
                {"text": "{{ hybrid_sync.event }}: {{ hybrid_sync.summary }}", "token": TOKEN}
            ),
            "BOARD": str(self._board),
        }
        self._airflow: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._airflow:
            self._airflow.kill()
            self._airflow.communicate()

    def run(self, conf: dict[str, Any] | None = None) -> Run:
        """Run the DAG once more, all runs in one process: starting Airflow takes longer than a run."""
        if self._airflow is None:
            self._airflow = subprocess.Popen(
                [sys.executable, str(RUNNER)], env=self.firm.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        assert self._airflow.stdin
        assert self._airflow.stdout
        self._airflow.stdin.write(json.dumps(conf or {}) + "\n")
        self._airflow.stdin.flush()
        log = ""
        for line in self._airflow.stdout:
            if line.startswith("RESULT "):
                result = json.loads(line.removeprefix("RESULT "))
                return Run(result["run_id"], result["state"], result["states"], log)
            log += line
        raise AssertionError(log[-6000:])

    def notices(self) -> list[dict[str, Any]]:
        """What was told since this was asked last."""
        told = self._board.read_text().splitlines() if self._board.exists() else []
        self._board.unlink(missing_ok=True)
        return [json.loads(line) for line in told]

    def events(self, run_id: str) -> dict[str, dict[str, Any]]:
        """Asset -> extra of the events of one run."""
        with sqlite3.connect(self._metadata) as metadata:
            rows = metadata.execute(
                "SELECT asset.name, asset_event.extra FROM asset_event JOIN asset ON asset.id = asset_event.asset_id "
                "WHERE asset_event.source_run_id = ?",
                [run_id],
            ).fetchall()
        return {name: json.loads(extra) for name, extra in rows}

    def names(self, run_id: str) -> set[str]:
        """What the UI calls the mapped tasks of one run."""
        with sqlite3.connect(self._metadata) as metadata:
            return {name for (name,) in metadata.execute(
                "SELECT rendered_map_index FROM task_instance WHERE run_id = ? AND map_index >= 0", [run_id]
            )}  # fmt: skip

    def contacts(self) -> list[tuple[Any, ...]]:
        return self.firm.on_cloud("SELECT con_id, conname FROM conmaster WHERE source = 'D' ORDER BY 1")

    def watermark(self) -> Any:
        [(value,)] = self.firm.on_cloud("SELECT value FROM hybrid_sync.watermark")
        return value

    def modes(self, run_id: str) -> dict[str, str]:
        return dict(
            self.firm.on_cloud(f"SELECT table_name, mode FROM hybrid_sync.merge_log WHERE run_id = '{run_id}'")
        )  # fmt: skip


def test_a_week_of_runs(new_firm: Callable[..., Firm], tmp_path: Path) -> None:
    firm = new_firm()
    with Office(firm, tmp_path) as office:
        firm.airflow("dags", "reserialize")  # as the DAG processor does: an asset has to be known before it has events
        firm.on_desktop("UPDATE conmaster SET updated_at = '2025-10-01 08:00:00.000001'")
        [(phone,)] = firm.on_desktop("SELECT max(con_id) FROM conmaster")
        firm.on_cloud("INSERT INTO orgmaster (org_id, orgname, source) VALUES (1, 'one', 'D')")
        firm.on_cloud(f"INSERT INTO conmaster (org_id, con_id, conname, source) VALUES (1, {phone}, 'phone', 'M')")

        # Monday: everything, with a conflict.
        monday = office.run()
        assert monday.state == "success", monday.log[-8000:]
        good = office.contacts()
        assert office.watermark() == "2025-10-01 08:00:00.000001"
        [notice] = office.notices()
        assert notice["event"] == "conflict"
        assert notice["text"].startswith("conflict: conmaster: 1 conflicts, 0 rejects.")
        assert notice["tables"] == {"orgmaster": "ok", "conmaster": "degraded", "locmaster": "ok", "jobtasks": "ok"}
        assert TOKEN not in monday.log
        events = office.events(monday.run_id)
        assert events.keys() == {
            f"hybrid_sync.{table}" for table in ("orgmaster", "conmaster", "locmaster", "jobtasks")
        }
        assert events["hybrid_sync.conmaster"]["conflicts"] == 1
        assert events["hybrid_sync.conmaster"]["inserted"] == len(good)
        assert events["hybrid_sync.jobtasks"]["mode"] == "full"

        # Tuesday: a bad import, tried first.
        firm.on_cloud(f"DELETE FROM conmaster WHERE con_id = {phone}")
        firm.on_desktop("UPDATE conmaster SET conname = 'bad import', updated_at = '2025-10-02' WHERE con_id < 4")
        tried = office.run({"mode": "incremental", "dry_run": True})
        assert tried.state == "success", tried.log[-8000:]
        assert office.modes(tried.run_id)["conmaster"] == "incremental"
        assert (office.events(tried.run_id), office.notices(), office.contacts()) == ({}, [], good)
        assert office.watermark() == "2025-10-01 08:00:00.000001"
        tuesday = office.run({"mode": "incremental", "tables": ["conmaster", "jobtasks"]})
        assert tuesday.state == "success", tuesday.log[-8000:]
        assert office.modes(tuesday.run_id) == {"conmaster": "incremental", "jobtasks": "full"}
        assert "Reading jobtasks in full: delete_insert writes the whole table anew" in tuesday.log
        assert "Reading conmaster incremental: updated_at from 2025-10-01 06:00:00.000001 on" in tuesday.log
        assert office.contacts() != good
        assert office.watermark() == "2025-10-02 00:00:00.000000"
        assert office.events(tuesday.run_id)["hybrid_sync.conmaster"]["mode"] == "incremental"

        # Wednesday: back to Monday, and on from there.
        back = office.run({"replay": monday.run_id, "tables": ["conmaster"]})
        assert back.state == "success", back.log[-8000:]
        assert office.contacts()[:3] == good[:3]
        assert office.watermark() is None
        firm.on_desktop("DROP TABLE jobtasks")
        on = office.run({"mode": "incremental", "tables": ["conmaster", "jobtasks"]})
        assert on.failed() == {"jobtasks.extract", "validate_mobile_rows"}
        assert office.modes(on.run_id) == {"conmaster": "full"}
        assert [(told["event"], told["tables"]["jobtasks"]) for told in office.notices()] == [("failed", "failed")]

        # A param that does not exist.
        refused = office.run({"dryrun": True})
        assert refused.state == "failed"
        assert "this run's conf has dryrun, and there is no such param. The params are tables, dry_run, " in refused.log
        assert office.modes(refused.run_id) == {}
        [notice] = office.notices()
        assert notice["text"].startswith("failed: no verdict was reached (Unretryable)")

        cli = firm.airflow("dags", "trigger", "hybrid_sync", "--conf", json.dumps({"mode": "incrmental"}))
        assert cli.returncode != 0
        assert "'incrmental' is not one of ['full', 'incremental']" in cli.stdout + cli.stderr


FORM = """
import json
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag({dags!r})
assert not bag.import_errors, bag.import_errors
dag = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags["hybrid_sync"]))
assert all(dag.params.get_param(name).description for name in dag.params)
for conf in json.loads({confs!r}):
    try:
        dag.params.deep_merge(conf).validate()
    except Exception as error:
        print("REFUSED", " ".join(str(error).split()))
    else:
        print("TAKEN", conf)
"""


def test_the_form_takes_what_is_valid_and_refuses_the_rest_with_what_would_be() -> None:
    taken: list[dict[str, Any]] = [
        {}, {"tables": ["jobtasks"]}, {"mode": "incremental"}, {"replay": "manual__2026-01-01T00:00:00+00:00"},
        {"replay": None}, {"approve_deletes": {"jobtasks": 0}},
    ]  # fmt: skip
    refused: list[tuple[dict[str, Any], str]] = [
        ({"tables": ["jobtask"]}, "param tables: 'jobtask' is not one of ['orgmaster', 'locmaster',"),
        ({"tables": []}, "param tables: [] should be non-empty"),
        ({"tables": ["jobtasks", "jobtasks"]}, "param tables: ['jobtasks', 'jobtasks'] has non-unique elements"),
        ({"mode": "half"}, "param mode: 'half' is not one of ['full', 'incremental']"),
        ({"dry_run": "yes"}, "param dry_run: 'yes' is not of type 'boolean'"),
        ({"approve_deletes": {"jobs": 1}}, "param approve_deletes: 'jobs' is not one of ['orgmaster', 'locmaster',"),
        ({"approve_deletes": {"jobtasks": -1}}, "param approve_deletes: -1 is less than the minimum of 0"),
        ({"approve_deletes": {"jobtasks": "all"}}, "param approve_deletes: 'all' is not of type 'integer'"),
        ({"replay": 5}, "param replay: 5 is not of type 'null', 'string'"),
        ({"replay": ""}, "param replay: '' should be non-empty"),
    ]
    confs = json.dumps([*taken, *(conf for conf, _ in refused)])
    done = python(FORM.format(dags=str(ROOT / "dags"), confs=confs))
    answers = [line for line in done.stdout.splitlines() if line.startswith(("TAKEN", "REFUSED"))]
    assert len(answers) == len(taken) + len(refused), done.stderr[-3000:]
    assert all(answer.startswith("TAKEN") for answer in answers[: len(taken)]), answers
    for answer, (_, sentence) in zip(answers[len(taken) :], refused, strict=True):
        assert sentence in answer


SETTINGS = """
import os
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
def parsed(**environment):
    os.environ.update(environment)
    bag = DagBag({dags!r})
    for name in environment:
        del os.environ[name]
    return bag.dags.get("hybrid_sync"), " ".join(str(error) for error in bag.import_errors.values())
dag, _ = parsed()
assert dag.schedule is None, dag.schedule
assert dag.params["mode"] == "full"
assert all(task.execution_timeout for task in dag.tasks)
assert dag.task_dict["jobshead.merge"].pool == "hybrid_sync_cloud"
dag, _ = parsed(HYBRID_SYNC_SCHEDULE="0 */4 * * *", HYBRID_SYNC_MODE="incremental")
assert dag.params["mode"] == "incremental"
serialized = DagSerialization.from_dict(DagSerialization.to_dict(dag))
info = serialized.next_dagrun_info(last_automated_run_info=None)
assert info is not None and info.run_after.hour % 4 == 0, info
for environment in (
    dict(HYBRID_SYNC_SCHEDULE="every day"), dict(HYBRID_SYNC_MODE="half", HYBRID_SYNC_SCHEDULE="@daily"),
    dict(HYBRID_SYNC_NOTIFIER="Board"),
):
    print("ERROR", " ".join(parsed(**environment)[1].split()))
"""


def test_settings_of_the_environment_are_read_and_a_wrong_one_is_an_import_error() -> None:
    done = python(SETTINGS.format(dags=str(ROOT / "dags")))
    errors = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
    assert len(errors) == 3, done.stdout[-1000:] + done.stderr[-3000:]
    for error, sentence in zip(
        errors, ["has to be specified", "half", "HYBRID_SYNC_NOTIFIER must be the dotted"], strict=True
    ):
        assert sentence in error
