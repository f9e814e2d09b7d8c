"""A split table through the real DAG: parts side by side, a part that fails, and the runs that are not cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.conftest import Firm, Run
from tests.airflow.test_dag_parse import python
from tests.airflow.test_operating import Office

REGISTRY = """\
tables:
  orgmaster: {strategy: upsert, key: [org_id], insert_only_columns: [updated_at]}
  entries: {strategy: upsert, key: [entry_id], watermark: changed, overlap: 0 seconds, after: [orgmaster],
            split: {column: entry_id, parts: 4}}
  notes: {strategy: upsert, key: [note_id], after: [entries]}
"""
# A view whose row 25000, of the third part, is read without a fault, fails once, or fails always. STABLE is not true,
# but lets a query that does not want the label leave the function out.
DESKTOP = """
CREATE TABLE entries_kept (entry_id int PRIMARY KEY, label text, changed timestamp);
INSERT INTO entries_kept SELECT n, 'entry ' || n, timestamp '2026-01-01' + n * interval '1 second'
FROM generate_series(1, 40000) AS n;
CREATE TABLE fault (kind text);
INSERT INTO fault VALUES ('none');
CREATE SEQUENCE failures;
CREATE FUNCTION read_label(label text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF (SELECT kind FROM fault) = 'always' OR (SELECT kind FROM fault) = 'once' AND nextval('failures') = 1 THEN
        RAISE EXCEPTION 'broken'
        USING ERRCODE = CASE (SELECT kind FROM fault) WHEN 'once' THEN '57014' ELSE '22000' END;
    END IF;
    RETURN label;
END $$;
CREATE VIEW entries AS
SELECT entry_id, CASE entry_id WHEN 25000 THEN read_label(label) ELSE label END AS label, changed FROM entries_kept;
CREATE TABLE notes (note_id int);
"""
CLOUD = """
CREATE TABLE entries (entry_id int PRIMARY KEY, label text, changed timestamp, source char(1));
CREATE TABLE notes (note_id int PRIMARY KEY, source char(1));
INSERT INTO entries VALUES (77777, 'phone', NULL, 'M');
"""
PARTS = [f"entries.{step}[{part}]" for step in ("extract", "stage") for part in range(4)]


@pytest.fixture
def firm(new_firm: Callable[..., Firm]) -> Firm:
    firm = new_firm()
    firm.on_desktop(DESKTOP)
    firm.on_cloud(CLOUD)
    return firm


def steps(run: Run) -> dict[str, str]:
    """The tasks of `entries`."""
    return {task: state for task, state in run.states.items() if task.startswith("entries.")}


def labels(firm: Firm, *entries: int) -> list[Any]:
    named = ", ".join(map(str, entries))
    return [
        label for (label,) in firm.on_cloud(f"SELECT label FROM entries WHERE entry_id IN ({named}) ORDER BY entry_id")
    ]


def test_a_week_of_a_split_table(firm: Firm, tmp_path: Path) -> None:
    with Office(firm, tmp_path) as office:
        (tmp_path / "tables.yaml").write_text(REGISTRY)
        # Monday: the third part is cut off once.
        firm.on_desktop("UPDATE fault SET kind = 'once'")
        monday = office.run()
        assert monday.state == "success", monday.log[-8000:]
        assert steps(monday) == dict.fromkeys(["entries.split", *PARTS, "entries.gather", "entries.merge"], "success")
        assert [monday.log.count(f"Reading entries, part {part} of 4") for part in (1, 2, 3, 4)] == [1, 1, 2, 1]
        assert office.names(monday.run_id) == {f"part {part} of 4" for part in (1, 2, 3, 4)}
        assert "Gathered entries from 4 parts: 40000 of 40000 rows" in monday.log
        synced = "SELECT source, count(*), sum(entry_id) FROM entries GROUP BY source ORDER BY source"
        assert firm.on_cloud(synced) == [("D", 40000, 800020000), ("M", 1, 77777)]
        assert office.watermark() == "2026-01-01 11:06:40.000000"

        # Tuesday: what changed, in one piece.
        firm.on_desktop("UPDATE fault SET kind = 'none'")
        firm.on_desktop("UPDATE entries_kept SET label = 'new', changed = '2026-01-02' WHERE entry_id IN (1, 39000)")
        tried = office.run({"mode": "incremental", "dry_run": True, "tables": ["entries"]})
        assert tried.state == "success", tried.log[-8000:]
        assert labels(firm, 1, 39000) == ["entry 1", "entry 39000"]
        tuesday = office.run({"mode": "incremental"})
        assert tuesday.state == "success", tuesday.log[-8000:]
        assert steps(tuesday).keys() == {"entries.split", "entries.extract[0]", "entries.stage[0]", "entries.gather",
                                         "entries.merge"}  # fmt: skip
        assert office.modes(tuesday.run_id)["entries"] == "incremental"
        assert labels(firm, 1, 39000) == ["new", "new"]

        # Wednesday: tried in full, and back to Monday.
        tried = office.run({"dry_run": True, "tables": ["entries"]})
        assert tried.state == "success", tried.log[-8000:]
        assert steps(tried).keys() >= set(PARTS)
        back = office.run({"replay": monday.run_id, "tables": ["entries"]})
        assert back.state == "success", back.log[-8000:]
        assert steps(back).keys() >= set(PARTS)
        assert labels(firm, 1, 39000) == ["entry 1", "entry 39000"]
        assert office.watermark() is None

        # Thursday: a part that cannot be read stops its table and those after it, and nothing of it is merged.
        firm.on_desktop("UPDATE fault SET kind = 'always'")
        thursday = office.run()
        assert thursday.state == "failed"
        assert thursday.failed() == {"entries.extract[2]", "validate_mobile_rows"}
        states = steps(thursday)
        assert {states[part] for part in PARTS if "[2]" not in part} == {"success"}
        assert {states[f"entries.{step}"] for step in ("stage[2]", "gather", "merge")} == {"upstream_failed"}
        assert thursday.states["orgmaster.merge"] == "success"
        assert thursday.states["notes.extract"] == "upstream_failed"
        assert (
            "entries: entries.extract[2] is failed. Read its log, mend the cause, clear its group from split on."
            in thursday.log
        )
        assert "notes: did not run, because preflight or a table in its `after` failed." in thursday.log
        assert labels(firm, 1, 39000) == ["entry 1", "entry 39000"]

        # Friday: not selected.
        friday = office.run({"tables": ["orgmaster", "notes"]})
        assert friday.state == "success", friday.log[-8000:]
        assert set(steps(friday).values()) == {"skipped"}
        assert friday.states["notes.merge"] == "success"
        assert firm.on_cloud(synced)[1] == ("M", 1, 77777)


GRAPH = """
import hybrid_sync_dag as d
t = d.dag.task_dict
assert t['entries.split'].upstream_task_ids == {'preflight', 'orgmaster.merge'}
assert t['entries.split'].trigger_rule == t['notes.extract'].trigger_rule == 'none_failed'
assert t['entries.extract'].upstream_task_ids == {'entries.split'}
assert t['entries.stage'].upstream_task_ids == {'entries.extract'}
assert t['entries.gather'].upstream_task_ids == {'entries.stage'}
assert t['entries.merge'].upstream_task_ids == {'entries.gather'}
assert t['notes.extract'].upstream_task_ids == {'preflight', 'entries.merge'}
assert {name for name in t if name.startswith('notes.')} == {'notes.extract', 'notes.stage', 'notes.merge'}
assert t['entries.extract'].map_index_template and t['entries.stage'].map_index_template
print('ok')
"""


def test_a_split_table_has_two_tasks_more_and_the_others_keep_their_three(tmp_path: Path) -> None:
    (tmp_path / "tables.yaml").write_text(REGISTRY)
    done = python(GRAPH, HYBRID_SYNC_REGISTRY=str(tmp_path / "tables.yaml"))
    assert done.stdout.strip().endswith("ok"), done.stderr
