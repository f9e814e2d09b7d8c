"""Incremental reads and replays against a real desktop (PostgreSQL through psqlODBC), by the DAG's own operators."""

from __future__ import annotations

import importlib.util
import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from demo.environment import airflow_environment, cloud_connection, desktop_connection
from hybrid_sync import ledger
from hybrid_sync.errors import GuardTripped, SchemaMismatch
from hybrid_sync.extracts import ExtractLost
from hybrid_sync.staging import relation_name

ROOT = Path(__file__).parents[2]
ORDERS = "orders: {strategy: upsert, key: [order_id], watermark: changed, overlap: 10 minutes"
REGISTRY = f"""\
tables:
  {ORDERS}}}
"""
DESKTOP = """
CREATE TABLE orders (order_id int PRIMARY KEY, label text, changed timestamp);
INSERT INTO orders SELECT n, 'order ' || n, timestamp '2026-01-31 10:00' - n * interval '1 hour'
FROM generate_series(0, 9) AS n;
"""
CLOUD = (
    "CREATE TABLE orders (order_id int PRIMARY KEY, label varchar(20), changed timestamp, source char(1) DEFAULT 'D');"
)


class Log:
    """What the last run wrote: Airflow's operators write their log to stdout outside of a task."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured
        self._text = ""

    def clear(self) -> None:
        self._captured.readouterr()
        self._text = ""

    @property
    def text(self) -> str:
        self._text += self._captured.readouterr().out
        return self._text


class Shop:
    """A desktop, a cloud, and runs of the DAG's steps for one table in this process."""

    def __init__(self, desktop: str, cloud: str, folder: Path, log: Log) -> None:
        self.desktop, self.cloud, self.folder, self.log = desktop, cloud, folder, log
        self._runs = itertools.count(1)
        self.configure(REGISTRY)
        self.on_desktop(DESKTOP)
        self.on_cloud(CLOUD)
        with psycopg.connect(cloud, autocommit=True) as connection:
            ledger.migrate(connection)

    def configure(self, registry: str) -> None:
        (self.folder / "tables.yaml").write_text(registry)
        self._dag: Any = None

    def settings(self, more: str) -> None:
        """The registry's entry of orders with more settings."""
        self.configure(f"tables:\n  {ORDERS}, {more}}}\n")

    def run(self, mode: str = "incremental", *, table: str = "orders", between: Any = None, **params: Any) -> str:
        """One run of extract, stage and merge. `between` is called with the run's id before the merge. Gives the id."""
        self.log.clear()
        run_id = f"run{next(self._runs)}"
        self._dag = dag = self._dag or _dag()
        known = {name: param.value if hasattr(param, "value") else param for name, param in dag.params.items()}
        xcom: dict[str, Any] = {}
        for step in ("extract", "stage", "merge"):
            if step == "merge" and between:
                between(run_id)
            task = dag.get_task(f"{table}.{step}").prepare_for_execution()  # rendering changes it
            context: Any = {
                "run_id": run_id, "params": known | {"mode": mode} | params, "dag": dag, "task": task,
                "ti": SimpleNamespace(xcom_pull=lambda task_ids: xcom[task_ids]),
                "outlet_events": {task.outlets[0]: SimpleNamespace()} if task.outlets else {},
            }  # fmt: skip
            task.render_template_fields(context)
            xcom[task.task_id] = task.execute(context)
        return run_id

    def on_cloud(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.cloud, statement)

    def on_desktop(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.desktop, statement)

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """An open transaction on the desktop; the test commits it."""
        with psycopg.connect(self.desktop) as connection:
            yield connection

    def labels(self) -> dict[int, str]:
        return {int(key): str(label) for key, label in self.on_cloud("SELECT order_id, label FROM orders")}

    def watermark(self) -> str | None:
        [(value,)] = self.on_cloud("SELECT value FROM hybrid_sync.watermark WHERE table_name = 'orders'")
        return value if value is None else str(value)

    def last(self) -> tuple[str, int]:
        """Mode of the last merge, and the rows that it was given."""
        [(mode, staged)] = self.on_cloud(
            "SELECT mode, staged FROM hybrid_sync.merge_log ORDER BY finished_at DESC LIMIT 1"
        )
        return str(mode), int(staged)

    def is_synced(self) -> bool:
        columns = "order_id, label, changed"
        return self.on_cloud(f"SELECT {columns} FROM orders ORDER BY 1") == self.on_desktop(
            f"SELECT {columns} FROM orders ORDER BY 1"
        )


def _dag() -> Any:
    spec = importlib.util.spec_from_file_location("hybrid_sync_dag", ROOT / "dags" / "hybrid_sync_dag.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dag


def _execute(uri: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(uri, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def shop(
    new_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Shop:
    desktop, cloud = new_database(), new_database()
    parts = [psycopg.conninfo.conninfo_to_dict(uri) for uri in (desktop, cloud)]
    environment = airflow_environment(
        Path(os.environ["AIRFLOW_HOME"]),
        desktop=desktop_connection(int(parts[0]["port"]), str(parts[0]["dbname"])),
        cloud=cloud_connection(int(parts[1]["port"]), str(parts[1]["dbname"])),
    ) | {
        "HYBRID_SYNC_REGISTRY": str(tmp_path / "tables.yaml"),
        "HYBRID_SYNC_EXTRACTS": f"file://{tmp_path}/extracts",
    }
    for name, value in environment.items():
        if name.startswith(("AIRFLOW", "HYBRID_SYNC")):
            monkeypatch.setenv(name, value)
    return Shop(desktop, cloud, tmp_path, Log(capfd))


def test_two_open_transactions_a_late_commit_within_the_overlap_is_read_and_one_beyond_it_by_a_full_read(
    shop: Shop,
) -> None:
    shop.run()
    assert shop.last() == ("full", 10)
    assert shop.watermark() == "2026-01-31 10:00:00.000000"
    insert = "INSERT INTO orders VALUES (%s, %s, %s)"
    with shop.transaction() as slow, shop.transaction() as slower:
        slow.execute(insert, (20, "slow", "2026-01-31 10:05"))
        slower.execute(insert, (30, "slower", "2026-01-31 09:30"))
        slower.execute("UPDATE orders SET label = 'late', changed = '2026-01-31 10:04' WHERE order_id = 9")
        shop.on_desktop("INSERT INTO orders VALUES (40, 'quick', '2026-01-31 10:12')")
        shop.run()
        assert shop.last() == ("incremental", 2)  # order 0, within the overlap, and the quick one
        assert shop.watermark() == "2026-01-31 10:12:00.000000"
        slow.commit()
        shop.run()
        assert shop.labels()[20] == "slow"
        slower.commit()
    shop.run()
    assert shop.last() == ("incremental", 3)
    assert shop.labels()[9] == "late"
    assert shop.watermark() == "2026-01-31 10:12:00.000000"
    assert 30 not in shop.labels()  # its stamp is 42 minutes before the watermark, and the overlap 10
    shop.run("full")
    assert shop.is_synced()


def test_ties_microseconds_and_rows_without_a_stamp_with_no_overlap_at_all(shop: Shop) -> None:
    shop.configure(REGISTRY.replace("10 minutes", "0 seconds"))
    shop.on_desktop("INSERT INTO orders VALUES (20, 'a', '2026-01-31 12:00:00.000001')")
    shop.run()
    assert shop.watermark() == "2026-01-31 12:00:00.000001"
    shop.on_desktop("INSERT INTO orders VALUES (21, 'tie', '2026-01-31 12:00:00.000001'), (22, 'null', NULL)")
    shop.on_desktop("INSERT INTO orders VALUES (23, 'before', '2026-01-31 12:00:00')")
    shop.run()
    assert shop.last() == ("incremental", 3)
    assert {20, 21, 22} < shop.labels().keys()
    assert 23 not in shop.labels()
    shop.on_desktop("UPDATE orders SET label = 'null again' WHERE order_id = 22")
    shop.on_desktop("UPDATE orders SET label = 'next', changed = changed + interval '1 us' WHERE order_id = 21")
    shop.run()
    assert (shop.labels()[21], shop.labels()[22]) == ("next", "null again")
    assert shop.watermark() == "2026-01-31 12:00:00.000002"


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_desktop_and_worker_in_different_time_zones(shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    shop.configure(REGISTRY.replace("10 minutes", "0 seconds"))
    name = shop.desktop.rsplit("/", 1)[1]
    shop.on_desktop(f"ALTER DATABASE {name} SET TimeZone = 'Asia/Kolkata'")
    for execute in (shop.on_desktop, shop.on_cloud):
        execute(f"ALTER TABLE orders ALTER changed TYPE {kind}")
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        shop.run()
        zoned = kind == "timestamptz"
        assert shop.watermark() == "2026-01-31 04:30:00.000000+00:00" if zoned else "2026-01-31 10:00:00.000000"
        shop.on_desktop("UPDATE orders SET label = 'new', changed = '2026-01-31 10:00:00.000001' WHERE order_id = 5")
        shop.on_desktop("INSERT INTO orders VALUES (20, 'old', '2026-01-31 09:59:59.999999')")
        shop.run()
        assert shop.last() == ("incremental", 2)
        assert shop.labels()[5] == "new"
        assert 20 not in shop.labels()
        assert shop.watermark() == (
            "2026-01-31 04:30:00.000001+00:00" if zoned else "2026-01-31 10:00:00.000001"
        )  # fmt: skip
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_column_that_runs_backwards_is_read_in_full_and_its_watermark_follows(shop: Shop) -> None:
    shop.run()
    # A backup of yesterday is put back; then nothing at all is left within the overlap.
    shop.on_desktop("UPDATE orders SET label = 'restored', changed = changed - interval '5 minutes'")
    shop.run()
    assert shop.last() == ("full", 10)
    assert shop.is_synced()
    assert shop.watermark() == "2026-01-31 09:55:00.000000"
    assert "is below the stored watermark 2026-01-31 10:00:00.000000: it ran backwards" in shop.log.text
    shop.on_desktop("UPDATE orders SET label = 'restored', changed = changed - interval '1 day'")
    shop.run()
    assert shop.is_synced()
    assert "no row has a stamp as high as the stored watermark" in shop.log.text
    assert shop.watermark() == "2026-01-30 09:55:00.000000"


def test_a_stamp_in_the_future_hides_nothing(shop: Shop) -> None:
    shop.on_desktop("INSERT INTO orders VALUES (20, 'typo', '2999-01-01')")
    shop.run()
    shop.on_desktop("UPDATE orders SET label = 'new', changed = '2026-01-31 10:01' WHERE order_id = 5")
    shop.run()
    assert shop.is_synced()
    assert "lies in the future" in shop.log.text


def test_a_missing_column_is_refused_by_name(shop: Shop) -> None:
    shop.configure(REGISTRY.replace("watermark: changed", "watermark: stamp"))
    for mode in ("full", "incremental"):
        with pytest.raises(
            SchemaMismatch, match=r"has no column stamp \(watermark in the registry\)\. It has order_id"
        ):
            shop.run(mode)
    assert shop.on_cloud("SELECT * FROM hybrid_sync.watermark") == []


def test_another_column_or_another_type_is_read_in_full_first(shop: Shop) -> None:
    shop.on_desktop("ALTER TABLE orders ADD version int; UPDATE orders SET version = order_id")
    shop.run()
    shop.configure(REGISTRY.replace("watermark: changed, overlap: 10 minutes", "watermark: VERSION, overlap: 2"))
    shop.run()
    assert shop.last() == ("full", 10)
    assert "the stored watermark is of changed, and the registry's is version" in shop.log.text
    assert shop.watermark() == "9"
    shop.run()
    assert shop.last() == ("incremental", 3)
    shop.configure(REGISTRY.replace("watermark: changed", "watermark: version"))
    with pytest.raises(
        SchemaMismatch, match=r"version is a number \(int4\) on the desktop, so overlap .* such as 1000"
    ):
        shop.run()

    shop.configure(REGISTRY)
    shop.run()
    shop.on_desktop("ALTER TABLE orders ALTER changed TYPE timestamptz USING changed AT TIME ZONE 'Asia/Kolkata'")
    shop.run()
    assert shop.last() == ("full", 10)
    assert shop.watermark() == "2026-01-31 04:30:00.000000+00:00"
    shop.on_desktop("ALTER TABLE orders ALTER changed TYPE text")
    shop.run()
    assert shop.last() == ("full", 10)
    assert "its watermark changed is text; only a date, timestamp or number has a sure order" in shop.log.text


def test_a_number_where_a_timestamp_was_stored_is_read_in_full(shop: Shop) -> None:
    shop.configure(REGISTRY.replace(", overlap: 10 minutes", ""))
    shop.run()
    shop.on_desktop("ALTER TABLE orders ALTER changed TYPE bigint USING extract(epoch FROM changed)")
    shop.on_cloud("ALTER TABLE orders ALTER changed TYPE bigint USING 0")
    shop.run()
    assert shop.last() == ("full", 10)
    assert "is no number, and changed is int8" in shop.log.text


def test_a_new_column_rejects_and_every_nth_run_are_read_in_full(shop: Shop) -> None:
    shop.settings("full_every: 3, max_rejects: 5")
    shop.run()
    shop.on_desktop("ALTER TABLE orders ADD note text DEFAULT 'n'")
    shop.on_cloud("ALTER TABLE orders ADD note text")
    shop.run()
    assert shop.last() == ("full", 10)
    assert "note was not read before" in shop.log.text
    assert shop.on_cloud("SELECT count(*) FROM orders WHERE note = 'n'") == [(10,)]

    modes = []
    for _ in range(5):
        shop.run()
        modes.append(shop.last()[0])
    assert modes == ["incremental", "incremental", "full", "incremental", "incremental"]
    assert "of 3 runs one is full (full_every)" not in shop.log.text
    shop.run()
    assert "of 3 runs one is full (full_every)" in shop.log.text

    shop.on_desktop("UPDATE orders SET label = repeat('x', 99), changed = '2026-01-31 11:00' WHERE order_id = 9")
    shop.run()
    assert shop.last() == ("incremental", 1)
    assert shop.watermark() == "2026-01-31 11:00:00.000000"
    shop.on_cloud("ALTER TABLE orders ALTER label TYPE text")  # the cause is gone, and the row's stamp is old
    shop.on_desktop("INSERT INTO orders VALUES (20, 'later', '2026-01-31 15:00')")
    shop.run()
    assert "the last merge left out 1 rejects" in shop.log.text
    assert shop.is_synced()


def test_tables_that_must_be_read_whole_are_and_the_log_says_why(shop: Shop) -> None:
    shop.on_desktop("CREATE TABLE notes (body text, changed timestamp); INSERT INTO notes VALUES ('a', '2026-01-01')")
    shop.on_cloud("CREATE TABLE notes (id serial PRIMARY KEY, body text, changed timestamp, source char(1))")
    notes = "  notes: {strategy: delete_insert, generated_key: id, watermark: nowhere}\n"
    for settings, why in (
        ("deletes: propagate", "deletes: propagate has to see every row that is still there"),
        ("watermark: null", "it has no watermark in the registry"),
    ):
        entry = ORDERS.replace("watermark: changed, ", "") if "watermark" in settings else ORDERS
        shop.configure(f"tables:\n  {entry}, {settings}}}\n{notes}")
        for _ in range(2):
            shop.run()
            assert f"Reading orders in full: {why}" in shop.log.text
    for _ in range(2):
        shop.run(table="notes")
        assert "Reading notes in full: delete_insert writes the whole table anew" in shop.log.text
    assert shop.on_cloud("SELECT count(*) FROM notes") == [(1,)]


def test_a_dry_run_stores_no_watermark(shop: Shop) -> None:
    shop.run(dry_run=True)
    assert shop.on_cloud("SELECT * FROM hybrid_sync.watermark") == []
    shop.run()
    shop.on_desktop("INSERT INTO orders VALUES (20, 'new', '2026-01-31 11:00')")
    shop.run(dry_run=True)
    assert shop.watermark() == "2026-01-31 10:00:00.000000"
    shop.run(replay="run2", dry_run=True)
    assert shop.watermark() == "2026-01-31 10:00:00.000000"
    shop.run()
    assert shop.last()[0] == "incremental"
    assert shop.is_synced()


def test_a_replay_puts_an_earlier_run_back_and_the_next_run_reads_all_that_changed_since(shop: Shop) -> None:
    good = shop.run()
    before = shop.labels()
    shop.on_desktop("UPDATE orders SET label = 'bad import', changed = '2026-01-31 12:00' WHERE order_id < 8")
    bad = shop.run()
    assert shop.last() == ("incremental", 8)
    assert shop.labels() != before

    def lose(run_id: str) -> None:
        shop.on_cloud(f"TRUNCATE {relation_name('orders', run_id)}")  # as a failover does

    shop.run(replay=good, between=lose)
    assert shop.labels() == before
    assert shop.last() == ("full", 10)
    assert shop.watermark() is None
    assert "puts the stored watermark of changed out (it was 2026-01-31 12:00:00.000000)" in shop.log.text

    # The desktop is put right from a backup: with stamps that are older than any that was read.
    shop.on_desktop("UPDATE orders SET label = 'order ' || order_id, changed = '2026-01-30' WHERE order_id < 8")
    shop.on_desktop("UPDATE orders SET label = 'and on it goes', changed = '2026-01-31 11:00' WHERE order_id = 9")
    shop.run()
    assert shop.last() == ("full", 10)
    assert shop.is_synced()

    shop.run(replay=bad)
    assert f"run {bad} read orders incrementally: the replay puts back its 8 rows and no others." in shop.log.text
    assert f"Runs that read the whole table: run4, {good}." in shop.log.text
    assert sorted(set(shop.labels().values())) == ["and on it goes", "bad import", "order 8"]
    shop.run()
    assert shop.is_synced()


def test_a_replay_of_what_is_not_there_or_does_not_fit_is_refused_by_name_and_guards_hold(shop: Shop) -> None:
    with pytest.raises(ExtractLost, match=r"orders: run nope has no extract of the table.* No run's extract"):
        shop.run(replay="nope")
    few = shop.run()
    with pytest.raises(ExtractLost, match=rf"run nope has no extract .*Runs that can be replayed: {few}\."):
        shop.run(replay="nope")
    with pytest.raises(ExtractLost, match=r"run .*evil has no extract"):
        shop.run(replay="../../evil")
    shop.settings("deletes: propagate")
    shop.on_desktop("INSERT INTO orders SELECT n, 'n', '2026-02-01' FROM generate_series(100, 200) AS n")
    shop.run()
    with pytest.raises(GuardTripped, match="101 of the cloud's 111 desktop rows would go"):
        shop.run(replay=few)
    assert len(shop.labels()) == 111
    shop.run(replay=few, approve_deletes={"orders": 101})
    assert len(shop.labels()) == 10
    shop.on_cloud("ALTER TABLE orders DROP label")
    with pytest.raises(SchemaMismatch, match=rf"orders: the extract of run {few} holds label"):
        shop.run(replay=few)
