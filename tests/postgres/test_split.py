"""A split table by the DAG's own operators: attempts in every order, what is lost between them, and what then holds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hybrid_sync import sql
from hybrid_sync.errors import ExtractsUnavailable, SchemaMismatch, TooManyRejects
from hybrid_sync.extracts import ExtractLost
from hybrid_sync.staging import relation_name
from tests.postgres.test_incremental import Shop, shop  # noqa: F401 - a fixture

PARTS = 3


class Group:
    """The tasks of the table `orders` in one run, in the order in which a test does them."""

    def __init__(self, shop: Shop, run_id: str = "run1", **params: Any) -> None:  # noqa: F811
        self.shop, self.run_id, self.params = shop, run_id, params
        self.parts: list[dict[str, Any]] = []
        self.extracts: dict[int, Any] = {}

    def do(self, step: str, group: str = "orders.", **attributes: Any) -> Any:
        """Run one task. What it returns went through JSON, as XCom does."""
        self.shop._dag = dag = self.shop._dag or _dag()
        known = {name: param.value if hasattr(param, "value") else param for name, param in dag.params.items()}
        task = dag.get_task(f"{group}{step}").prepare_for_execution()
        for name, value in attributes.items():
            setattr(task, name, value)
        context: Any = {
            "run_id": self.run_id, "params": known | self.params, "dag": dag, "task": task,
            "ti": SimpleNamespace(xcom_pull=lambda task_ids: self.parts),
            "outlet_events": {task.outlets[0]: SimpleNamespace()} if task.outlets else {},
        }  # fmt: skip
        if step == "merge":
            task.render_template_fields(context)
        return json.loads(json.dumps(task.execute(context)))

    def split(self) -> list[dict[str, Any]]:
        self.parts = self.do("split")
        self.extracts = {}
        return self.parts

    def extract(self, *numbers: int) -> None:
        for number in numbers or range(1, len(self.parts) + 1):
            self.extracts[number] = self.do("extract", part=self.parts[number - 1])

    def stage(self, *numbers: int) -> None:
        for number in numbers or range(1, len(self.parts) + 1):
            self.do("stage", extract=self.extracts[number])

    def staged(self) -> Group:
        """Everything before gather."""
        self.split()
        self.extract()
        self.stage()
        return self

    def run(self) -> Group:
        """Everything."""
        self.staged()
        self.do("gather")
        self.do("merge")
        return self

    def uri(self, number: int) -> Path:
        """A part's file."""
        return Path(self.extracts[number]["uri"].removeprefix("file://"))


def _dag() -> Any:
    from tests.postgres.test_incremental import _dag

    return _dag()


@pytest.fixture
def split(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:  # noqa: F811
    """A table of ten orders, in parts of one row or more."""
    monkeypatch.setattr("hybrid_sync.operators.split.FEWEST_ROWS", 1)
    configure(shop, "overlap: 0 seconds")
    return shop


def configure(
    shop: Shop,  # noqa: F811
    more: str = "overlap: 0 seconds",
    column: str = "order_id",
    watermark: str = "changed",
) -> None:
    shop.configure(
        f"tables:\n  orders: {{strategy: upsert, key: [order_id], watermark: {watermark}, "
        f"split: {{column: {column}, parts: {PARTS}}}, {more}}}\n"
    )


def rejects(shop: Shop) -> list[tuple[Any, ...]]:  # noqa: F811
    return shop.on_cloud("SELECT row_number, column_name, reason FROM hybrid_sync.reject ORDER BY 1, 2")


def test_three_parts_are_read_and_merged_as_one(split: Shop) -> None:
    split.on_desktop("INSERT INTO orders VALUES (-5, 'below', NULL), (99, 'above', NULL)")
    group = Group(split).run()
    assert [part["label"] for part in group.parts] == ["part 1 of 3", "part 2 of 3", "part 3 of 3"]
    assert sum(extract["rows"] for extract in group.extracts.values()) == 12
    assert split.is_synced()
    assert split.last() == ("full", 12)
    assert split.on_cloud("SELECT count(*) FROM pg_tables WHERE schemaname = 'hybrid_sync_staging'") == [(0,)]


def test_a_change_in_a_part_that_was_read_is_read_by_the_next_incremental_run(split: Shop) -> None:
    group = Group(split)
    group.split()
    group.extract(1)
    split.on_desktop("UPDATE orders SET label = 'after its part', changed = '2026-01-31 10:30' "
                     "WHERE order_id = 1")  # fmt: skip
    split.on_desktop("UPDATE orders SET label = 'before its part', changed = '2026-01-31 11:00' "
                     "WHERE order_id = 9")  # fmt: skip
    group.extract(2, 3)
    group.stage()
    group.do("gather")
    group.do("merge")
    assert (split.labels()[1], split.labels()[9]) == ("order 1", "before its part")
    assert split.watermark() == "2026-01-31 10:00:00.000000"  # not 11:00, which would hide the change of 10:30
    incremental = Group(split, "run2", mode="incremental").run()
    assert len(incremental.parts) == 1
    assert split.labels()[1] == "after its part"
    assert split.is_synced()
    assert split.watermark() == "2026-01-31 11:00:00.000000"


def test_a_row_that_is_added_while_parts_are_read_is_in_one_of_them_or_in_the_next_run(split: Shop) -> None:
    group = Group(split)
    group.split()
    split.on_desktop("INSERT INTO orders VALUES (-100, 'early', NULL), (100, 'late', NULL)")
    group.extract(1)
    split.on_desktop("INSERT INTO orders VALUES (-99, 'after its part', NULL)")
    group.extract(2, 3)
    group.stage()
    group.do("gather")
    group.do("merge")
    assert split.labels().keys() == {*range(10), -100, 100}
    Group(split, "run2").run()
    assert split.is_synced()


def test_a_row_that_moves_between_parts_is_met_twice_and_rejected_or_not_at_all_until_the_next_full_run(
    split: Shop,
) -> None:
    configure(split, "max_rejects: 2", column="changed", watermark="null")
    group = Group(split)
    group.split()
    group.extract(1)
    split.on_desktop("UPDATE orders SET label = 'twice', changed = '2026-01-31 10:00' WHERE order_id = 9")
    split.on_desktop("UPDATE orders SET label = 'never', changed = '2026-01-31 01:00' WHERE order_id = 0")
    group.extract(2, 3)
    group.stage()
    group.do("gather")
    group.do("merge")
    assert split.labels().keys() == set(range(1, 9))
    assert [row[1:] for row in rejects(split)] == [("order_id", "duplicate key")] * 2
    Group(split, "run2").run()
    assert split.is_synced()
    assert rejects(split) == []


@pytest.mark.parametrize("damage", ["TRUNCATE {}", "DROP TABLE {}"])
def test_a_staged_part_that_is_lost_is_loaded_again_from_its_extract(
    split: Shop, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    group = Group(split).staged()
    split.on_cloud(damage.format(sql.relation(relation_name("orders", "run1", 2))))
    group.do("gather")
    assert "part 2 is not staged. Loading it from its extract, once." in caplog.text
    group.do("merge")
    assert split.is_synced()


def test_a_lost_part_whose_extract_is_gone_too_says_what_to_clear(split: Shop) -> None:
    group = Group(split).staged()
    split.on_cloud(f"TRUNCATE {sql.relation(relation_name('orders', 'run1', 2))}")
    group.uri(2).unlink()
    with pytest.raises(ExtractLost, match=r"/2/extract\.parquet is gone\. Clear the table's extract task"):
        group.do("gather")
    assert split.on_cloud("SELECT count(*) FROM orders") == [(0,)]
    group.extract(2)
    group.stage(2)
    group.do("gather")
    group.do("merge")
    assert split.is_synced()


def test_a_crash_between_gather_and_merge_loads_every_part_again(split: Shop) -> None:
    group = Group(split).staged()
    group.do("gather")
    split.on_cloud(f"TRUNCATE {sql.relation(relation_name('orders', 'run1'))}")
    group.do("merge")
    assert "holds 0 rows, 10 were staged" in split.log.text
    assert split.is_synced()
    assert split.watermark() == "2026-01-31 10:00:00.000000"


def test_a_part_that_is_cleared_alone_after_the_merge_is_merged_with_the_others(split: Shop) -> None:
    group = Group(split).run()
    split.on_desktop("UPDATE orders SET label = 'new' WHERE order_id IN (0, 9)")
    group.extract(3)
    group.stage(3)
    group.do("gather")
    group.do("merge")
    assert (split.labels()[0], split.labels()[9]) == ("order 0", "new")
    assert split.last() == ("full", 10)


def test_a_group_that_is_cleared_is_cut_and_merged_afresh_and_what_it_had_read_goes(split: Shop) -> None:
    group = Group(split).run()
    first = group.uri(1)
    split.on_desktop("INSERT INTO orders SELECT n, 'more', NULL FROM generate_series(100, 120) AS n")
    group.run()
    assert split.is_synced()
    assert group.uri(1).exists()
    assert not first.exists()


def test_a_split_that_is_cleared_alone_never_mixes_its_parts_with_the_old_ones(split: Shop) -> None:
    group = Group(split).staged()
    group.split()
    group.extract(1)
    group.stage(1)
    with pytest.raises(ExtractLost, match="Clear the table's extract task"):
        group.do("gather")
    group.extract(2, 3)
    group.do("gather")  # 2 and 3 of the new cut were never staged
    group.do("merge")
    assert split.is_synced()


def test_a_table_that_is_small_by_now_leaves_nothing_of_the_parts_it_had(
    split: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Group(split).staged()
    monkeypatch.setattr("hybrid_sync.operators.split.FEWEST_ROWS", 10_000)
    group.run()
    assert "orders is read in one piece: 10 rows, and a part has at least 10000" in split.log.text
    assert split.is_synced()
    assert split.on_cloud("SELECT * FROM hybrid_sync.staged_part") == []
    assert split.on_cloud("SELECT count(*) FROM pg_tables WHERE schemaname = 'hybrid_sync_staging'") == [(0,)]


def test_an_empty_table_is_one_piece(split: Shop) -> None:
    split.on_desktop("TRUNCATE orders")
    assert [part["parts"] for part in Group(split).split()] == [1]


def test_a_replay_merges_every_part_again_and_puts_the_watermark_out(split: Shop) -> None:
    Group(split).run()
    good = split.labels()
    split.on_desktop("UPDATE orders SET label = 'bad import'")
    Group(split, "run2").run()
    split.on_desktop("DROP TABLE orders")
    replay = Group(split, "run3", replay="run1").run()
    assert len(replay.parts) == PARTS
    assert split.labels() == good
    assert split.watermark() is None


def test_a_replay_of_a_run_that_has_lost_a_part_is_refused(split: Shop) -> None:
    group = Group(split).run()
    group.uri(2).unlink()
    with pytest.raises(ExtractLost, match=r"/2/extract\.parquet is gone"):
        Group(split, "run2", replay="run1").split()


def test_a_replay_of_a_run_whose_parts_were_never_gathered_is_refused(split: Shop) -> None:
    Group(split).staged()
    with pytest.raises(ExtractLost, match="run run1 has no extract of the table"):
        Group(split, "run2", replay="run1").split()


def test_a_replay_of_a_run_in_one_piece_is_one_piece(split: Shop) -> None:
    Group(split, mode="incremental").run()  # the first read is full: there is no watermark yet
    Group(split, "run2", mode="incremental").run()
    replay = Group(split, "run3", replay="run2").run()
    assert len(replay.parts) == 1
    assert split.is_synced()


def test_a_replay_of_a_run_that_read_it_both_ways_takes_what_it_read_last(
    split: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Group(split).run()
    monkeypatch.setattr("hybrid_sync.operators.split.FEWEST_ROWS", 10_000)
    split.on_desktop("UPDATE orders SET label = 'whole'")
    group.run()
    assert len(Group(split, "run2", replay="run1").split()) == 1
    monkeypatch.setattr("hybrid_sync.operators.split.FEWEST_ROWS", 1)
    split.on_desktop("UPDATE orders SET label = 'parts'")
    group.run()
    Group(split, "run3", replay="run1").run()
    assert set(split.labels().values()) == {"parts"}


def test_a_replay_that_loses_its_staging_loads_it_from_the_earlier_runs_parts(split: Shop) -> None:
    Group(split).run()
    replay = Group(split, "run2", replay="run1").staged()
    replay.do("gather")
    split.on_cloud(f"TRUNCATE {sql.relation(relation_name('orders', 'run2'))}")
    replay.do("merge")
    assert split.is_synced()
    assert split.watermark() is None


def test_a_replay_of_a_run_in_parts_works_when_the_registry_no_longer_splits_the_table(split: Shop) -> None:
    Group(split, "good").run()
    split.on_desktop("UPDATE orders SET label = 'bad import'")
    split.settings("full_every: null")  # without split
    split.run("full")
    assert set(split.labels().values()) == {"bad import"}
    replay = split.run("full", replay="good")
    assert split.labels() == {number: f"order {number}" for number in range(10)}
    assert split.on_cloud(f"SELECT staged FROM hybrid_sync.merge_log WHERE run_id = '{replay}'") == [(10,)]


def test_a_dry_run_does_all_of_it_and_changes_nothing(split: Shop) -> None:
    Group(split, dry_run=True).run()
    assert split.on_cloud("SELECT count(*) FROM orders") == [(0,)]
    assert split.on_cloud("SELECT dry_run, inserted FROM hybrid_sync.merge_log") == [(True, 10)]


def test_deletes_are_propagated_from_the_whole_and_approved_as_ever(split: Shop) -> None:
    configure(split, "deletes: propagate")
    Group(split).run()
    split.on_desktop("DELETE FROM orders WHERE order_id < 3")
    Group(split, "run2").run()
    assert split.labels().keys() == set(range(3, 10))
    split.on_desktop("DELETE FROM orders WHERE order_id < 9")
    Group(split, "run3", approve_deletes={"orders": 6}).run()
    assert split.labels().keys() == {9}


def test_a_delete_insert_table_is_replaced_by_all_parts_in_a_dry_run_too(split: Shop) -> None:
    split.configure(
        "tables:\n  orders: {strategy: delete_insert, generated_key: id, "
        f"split: {{column: order_id, parts: {PARTS}}}}}\n"
    )
    split.on_cloud("ALTER TABLE orders DROP CONSTRAINT orders_pkey")
    split.on_cloud("ALTER TABLE orders ADD COLUMN id serial PRIMARY KEY")
    for run, dry_run in enumerate((True, False, True, False)):
        Group(split, f"run{run}", dry_run=dry_run).run()
        assert split.is_synced() == (run > 0)
    assert split.on_cloud("SELECT last_value FROM orders_id_seq") == [(20,)]


def test_too_many_rejects_over_all_parts_refuse_the_table_and_its_limit_lets_it_pass(split: Shop) -> None:
    split.on_desktop("UPDATE orders SET label = repeat('x', 30) WHERE order_id IN (1, 8)")
    group = Group(split).staged()
    with pytest.raises(TooManyRejects, match="orders: 2 of 10 rows cannot be stored"):
        group.do("gather")
    assert [(row[1], row[2]) for row in rejects(split)] == [("label", "longer than 20 characters")] * 2
    configure(split, "max_rejects: 2")
    group.do("gather")
    group.do("merge")
    assert split.labels().keys() == {0, *range(2, 8), 9}


def test_a_column_that_preflight_refuses_stops_the_table_before_anything_is_read(split: Shop) -> None:
    configure(split, column="label")
    with pytest.raises(SchemaMismatch, match="orders: desktop table orders cannot be split by label: it is text"):
        Group(split).split()
    configure(split, column="number")
    with pytest.raises(SchemaMismatch, match=r"no column number \(split in the registry\)"):
        Group(split).split()


def test_preflight_names_a_table_that_cannot_be_split_and_lets_the_others_run(split: Shop) -> None:
    configure(split, column="label")
    group = Group(split)
    told = group.do("preflight", group="")
    assert told["problems"] == ["orders"]
    assert "orders cannot be split by label: it is text" in " ".join(split.log.text.split())
    configure(split)
    assert group.do("preflight", group="")["problems"] == []


def test_an_index_that_cannot_be_written_leaves_the_parts_for_the_retry(
    split: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Group(split).staged()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("hybrid_sync.extracts.storage.move_into_place", full)
        with pytest.raises(ExtractsUnavailable, match="orders: the index of its extract cannot be written"):
            group.do("gather")
    group.do("gather")
    group.do("merge")
    assert split.is_synced()


def test_extracts_in_parts_go_with_their_run(split: Shop) -> None:
    from hybrid_sync.extracts import base_uri, prune_extracts

    for run in range(3):
        Group(split, f"run{run}").run()
    folder = Path(base_uri().removeprefix("file://")) / "hybrid_sync"
    assert len(prune_extracts(base_uri(), "hybrid_sync", 2)) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["run1", "run2"]
    (folder / "run1" / "orders" / "somebody's").mkdir()
    (folder / "run1" / "orders" / "somebody's" / "file").touch()
    assert prune_extracts(base_uri(), "hybrid_sync", 1) == []
    shutil.rmtree(folder / "run1" / "orders" / "somebody's")
    assert len(prune_extracts(base_uri(), "hybrid_sync", 1)) == 1
