"""The registry: what the shipped file says, which file is read, and how entries and defaults are understood."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from hybrid_sync.registry import load_registry
from hybrid_sync.registry_file import SHIPPED
from hybrid_sync.specs import Deletes, OnDuplicate, Overlap, Ownership, Registry, RejectLimit, Rewrite, Split, Strategy

Write = Callable[[str], Path]

SEED = [
    ("orgmaster", "upsert", "org_id"),
    ("locmaster", "upsert", "loc_id"),
    ("conmaster", "upsert", "con_id"),
    ("climaster", "upsert", "client_id"),
    ("cliunimaster", "upsert", "cliu_id"),
    ("taskmaster", "upsert", "task_id"),
    ("jobmaster", "upsert", "job_id"),
    ("mbstaff", "upsert", "staff_id"),
    ("jobshead", "upsert", "job_id"),
    ("reminder", "upsert", "rem_id"),
    ("remdetail", "upsert", "remd_id"),
    ("learequest", "upsert", "lea_id"),
    ("jobtasks", "delete_insert", "jt_id"),
    ("taskchecklist", "delete_insert", "tc_id"),
    ("workdiary", "delete_insert", "wd_id"),
]
FOREIGN_KEYS = {
    "locmaster": {"orgmaster"},
    "conmaster": {"orgmaster"},
    "climaster": {"orgmaster", "locmaster"},
    "cliunimaster": {"orgmaster", "locmaster", "climaster"},
    "taskmaster": {"orgmaster", "locmaster"},
    "jobmaster": {"orgmaster", "locmaster"},
    "mbstaff": {"orgmaster", "locmaster"},
    "jobshead": {"orgmaster", "locmaster"},
    "jobtasks": {"orgmaster", "locmaster"},
    "taskchecklist": {"orgmaster", "locmaster"},
    "workdiary": {"mbstaff"},
    "reminder": {"orgmaster", "locmaster"},
    "remdetail": {"reminder"},
    "learequest": {"orgmaster", "locmaster", "mbstaff"},
}


@pytest.fixture(autouse=True)
def _no_other_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HYBRID_SYNC_REGISTRY", raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a registry file and gives its path."""

    def written(content: str) -> Path:
        path = tmp_path / "tables.yaml"
        path.write_text(content, encoding="utf-8")
        return path

    return written


def shipped() -> Registry:
    return load_registry()


class TestShippedFile:
    def test_it_is_the_seeds_tables_in_its_order(self) -> None:
        read = [(spec.name, spec.strategy.value, spec.generated_key or spec.key[0]) for spec in shipped().tables]

        assert read == SEED
        assert all(len(spec.key) == (1 if spec.strategy is Strategy.UPSERT else 0) for spec in shipped().tables)

    def test_two_tables_have_another_name_on_the_desktop(self) -> None:
        assert {spec.name: spec.source_table for spec in shipped().tables if spec.source_table != spec.name} == {
            "reminder": "mbreminder",
            "remdetail": "mbremdetail",
        }

    def test_every_table_follows_those_its_foreign_keys_name(self) -> None:
        after = {spec.name: set(spec.after) for spec in shipped().tables if spec.after}

        assert after == FOREIGN_KEYS | {"jobtasks": {"orgmaster", "locmaster", "jobshead"}}

    def test_the_rest_is_as_in_the_seed(self) -> None:
        registry = shipped()

        assert registry.ownership == Ownership("source", "D", null_is_desktop=True)
        assert registry.desktop_time_zone == "UTC"
        for spec in registry.tables:
            assert spec.target_table == spec.name
            assert (spec.deletes, spec.rewrite, spec.on_duplicate) == (Deletes.KEEP, Rewrite.ALL, OnDuplicate.FAIL)
            assert (spec.max_rejects, spec.max_shrink) == (RejectLimit(count=0), 0.5)
            assert (spec.columns, spec.watermark, spec.mobile_owned_columns) == (None, None, ())
            assert spec.insert_only_columns == ("updated_at",)

    def test_it_survives_pickling(self) -> None:
        assert pickle.loads(pickle.dumps(shipped())) == shipped()


class TestWhichFile:
    def test_the_shipped_file_is_read_by_default(self) -> None:
        assert shipped().path == SHIPPED

    def test_the_variable_names_another_file(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write("tables: {only: {strategy: upsert, key: [id]}}")
        monkeypatch.setenv("HYBRID_SYNC_REGISTRY", str(path))

        assert load_registry().names == ("only",)

    def test_an_empty_variable_means_the_shipped_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HYBRID_SYNC_REGISTRY", "")

        assert load_registry().path == SHIPPED

    def test_an_argument_goes_before_the_variable(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HYBRID_SYNC_REGISTRY", "/nowhere.yaml")

        assert load_registry(write("tables: {only: {strategy: upsert, key: [id]}}")).names == ("only",)


class TestGoodEntries:
    def test_every_setting_is_read(self, write: Write) -> None:
        registry = load_registry(
            write(
                """
                ownership: {column: herkunft, desktop: PC, null_is_desktop: false}
                desktop_time_zone: Asia/Kolkata
                tables:
                  Heads:
                    strategy: upsert
                    key: [org_id, job_id]
                    source_table: dbo.JOBS
                    target_table: public.jobshead
                    columns: {org_id: ORG, job_id: JOBNO, changed: CHG, note: NOTE}
                    watermark: CHG
                    overlap: 15 minutes
                    full_every: 4
                    deletes: propagate
                    on_duplicate: keep_last
                    order_by: changed
                    on_conflict: desktop_wins
                    detect_mobile_edits: true
                    max_rejects: 2.5%
                    max_shrink: 1
                    mobile_owned_columns: [note]
                    insert_only_columns: []
                  tasks: {strategy: delete_insert, generated_key: jt_id, rewrite: changed, after: [Heads],
                          max_rejects: 3, mobile_owned_columns: [note]}
                """
            )
        )
        heads, tasks = registry.tables

        assert registry.ownership == Ownership("herkunft", "PC", null_is_desktop=False)
        assert registry.desktop_time_zone == "Asia/Kolkata"
        assert (heads.name, heads.key, heads.source_table) == ("Heads", ("org_id", "job_id"), "dbo.JOBS")
        assert heads.target_table == "public.jobshead"
        assert heads.columns == {"org_id": "ORG", "job_id": "JOBNO", "changed": "CHG", "note": "NOTE"}
        assert (heads.watermark, heads.deletes, heads.order_by) == ("CHG", Deletes.PROPAGATE, "changed")
        assert (heads.overlap, heads.full_every) == (Overlap(seconds=900), 4)
        assert (tasks.overlap, tasks.full_every) == (Overlap(seconds=7200, count=1000), 10)
        assert (heads.on_conflict, heads.detect_mobile_edits) == ("desktop_wins", True)
        assert (heads.max_rejects, heads.max_shrink) == (RejectLimit(share=0.025), 1.0)
        assert heads.mobile_owned_columns == ("note",)
        assert (tasks.generated_key, tasks.rewrite, tasks.after) == ("jt_id", Rewrite.CHANGED, ("Heads",))
        assert tasks.max_rejects == RejectLimit(count=3)

    def test_a_delete_insert_may_have_a_watermark(self, write: Write) -> None:
        path = write("tables: {tasks: {strategy: delete_insert, watermark: updated_at}}")

        assert load_registry(path).table("tasks").watermark == "updated_at"

    def test_a_split_names_a_desktop_column_and_null_undoes_a_default(self, write: Write) -> None:
        path = write(
            """
            defaults: {split: {column: Job No, parts: 64}}
            tables: {a: {strategy: upsert, key: [id]}, b: {strategy: delete_insert, split: null}}
            """
        )
        assert [spec.split for spec in load_registry(path).tables] == [Split("Job No", 64), None]

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("0", Overlap(count=0)),
            ("1 day", Overlap(seconds=86_400)),
            ("90second", Overlap(seconds=90)),
            ("0 minutes", Overlap(seconds=0)),
        ],
    )
    def test_an_overlap_is_a_duration_or_a_number(self, write: Write, written: str, read: Overlap) -> None:
        path = write(f"tables: {{a: {{strategy: upsert, key: [id], overlap: {written}, full_every: null}}}}")

        spec = load_registry(path).table("a")
        assert (spec.overlap, spec.full_every) == (read, None)

    def test_yaml_anchors_and_merges_work(self, write: Write) -> None:
        path = write("tables:\n  a: &a {strategy: upsert, key: [id]}\n  b: {<<: *a, key: [b_id]}\n")

        assert [spec.key for spec in load_registry(path).tables] == [("id",), ("b_id",)]


class TestDefaults:
    def test_they_hold_for_every_table_that_does_not_say_otherwise(self, write: Write) -> None:
        registry = load_registry(
            write(
                """
                defaults: {strategy: upsert, key: [id], max_shrink: 0.1, insert_only_columns: [updated_at]}
                tables:
                  a: {}
                  b: {max_shrink: 0.2, insert_only_columns: []}
                """
            )
        )

        assert [spec.max_shrink for spec in registry.tables] == [0.1, 0.2]
        assert [spec.insert_only_columns for spec in registry.tables] == [("updated_at",), ()]

    def test_a_default_for_one_strategy_passes_the_other_by(self, write: Write) -> None:
        registry = load_registry(
            write(
                """
                defaults: {deletes: propagate, rewrite: changed}
                tables:
                  heads: {strategy: upsert, key: [job_id]}
                  tasks: {strategy: delete_insert}
                """
            )
        )

        assert [spec.deletes for spec in registry.tables] == [Deletes.PROPAGATE, Deletes.KEEP]
        assert [spec.rewrite for spec in registry.tables] == [Rewrite.ALL, Rewrite.CHANGED]

    def test_null_unsets_a_default(self, write: Write) -> None:
        registry = load_registry(
            write(
                """
                defaults: {strategy: delete_insert, watermark: updated_at}
                tables: {a: {}, b: {watermark: null}}
                """
            )
        )

        assert [spec.watermark for spec in registry.tables] == ["updated_at", None]


def test_an_unknown_table_is_refused_with_the_known_ones(write: Write) -> None:
    registry = load_registry(write("tables: {jobshead: {strategy: upsert, key: [job_id]}}"))

    with pytest.raises(KeyError, match="its tables are jobshead"):
        registry.table("jobhead")


@pytest.mark.parametrize(
    ("limit", "rejects", "rows", "allowed"),
    [
        (RejectLimit(count=0), 0, 0, True),
        (RejectLimit(count=0), 1, 100, False),
        (RejectLimit(count=2), 2, 2, True),
        (RejectLimit(share=0.01), 1, 100, True),
        (RejectLimit(share=0.01), 2, 199, False),
        (RejectLimit(share=0.0), 1, 100, False),
    ],
)
def test_a_reject_limit_allows_up_to_itself(limit: RejectLimit, rejects: int, rows: int, allowed: bool) -> None:
    assert limit.allows(rejects, rows) is allowed
