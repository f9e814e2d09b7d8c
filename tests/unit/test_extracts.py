"""Extracts: a whole file or none, every Arrow type unchanged, private on disk, old runs removed and nothing else."""

from __future__ import annotations

import json
import os
import stat
import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hybrid_sync.errors import ExtractsUnavailable, Unretryable
from hybrid_sync.extracts import (
    Extract,
    ExtractLost,
    extract_folder,
    open_extract,
    prune_extracts,
    read_extract,
    write_extract,
)

COLUMNS = {"job_id": "JOBNO", "name": "Job Name"}


def batch(start: int, rows: int) -> pa.RecordBatch:
    numbers = range(start, start + rows)
    return pa.RecordBatch.from_pydict(
        {"Job Name": [f"job {n}" for n in numbers], "JOBNO": pa.array(numbers, pa.int64()), "unused": [1.5] * rows}
    )


def write(folder: str, batches: list[pa.RecordBatch], watermark: str | None = None) -> Extract:
    return write_extract(
        iter(batches), folder, run_id="run 1", table="jobs", columns=COLUMNS, mode="full", watermark=watermark
    )


@pytest.fixture
def base(tmp_path: Path) -> str:
    return f"file://{tmp_path}/extracts"


def test_gives_back_the_rows_under_the_clouds_names(base: str) -> None:
    extract = write(extract_folder(base, "hybrid_sync", "run 1", "jobs"), [batch(0, 3), batch(3, 2)])
    assert extract.rows == 5
    assert extract.columns == ("job_id", "name")
    table = pa.Table.from_batches(open_extract(extract.uri))
    assert table.to_pydict() == {"job_id": [0, 1, 2, 3, 4], "name": [f"job {n}" for n in range(5)]}


def test_the_file_alone_tells_what_the_extract_is(base: str) -> None:
    written = write(extract_folder(base, "hybrid_sync", "run 1", "jobs"), [batch(0, 3)], watermark="JOBNO")
    assert read_extract(written.uri) == written
    assert (written.run_id, written.table, written.mode, written.watermark) == ("run 1", "jobs", "full", "2")
    assert datetime.fromisoformat(written.created).tzinfo is not None


def test_travels_through_json_and_forgives_a_later_versions_fields(base: str) -> None:
    extract = write(extract_folder(base, "d", "r", "jobs"), [batch(0, 1)])
    through = json.loads(json.dumps({**extract.to_json(), "of a later version": 1}))
    assert Extract.from_json(through) == extract


def test_every_arrow_type_comes_back_as_it_was(base: str) -> None:
    columns: dict[str, pa.Array] = {
        "i16": pa.array([-(2**15), None], pa.int16()),
        "i32": pa.array([2**31 - 1, None], pa.int32()),
        "i64": pa.array([-(2**63), None], pa.int64()),
        "f32": pa.array([1.5, None], pa.float32()),
        "f64": pa.array([0.1, float("nan")], pa.float64()),
        "dec": pa.array([Decimal("-12345678901234567890123456789012345678"), None], pa.decimal128(38, 0)),
        "dec2": pa.array([Decimal("0.01"), None], pa.decimal128(8, 2)),
        "text": pa.array(["தமிழ் हिन्दी 😀 “q”\r\n\t", None]),
        "bytes": pa.array([b"\x00\xff", None], pa.binary()),
        "bool": pa.array([True, None]),
        "date": pa.array([date(1, 1, 1), None]),
        "time": pa.array([time(23, 59, 59, 999999), None], pa.time64("us")),
        "stamp": pa.array([datetime(9999, 12, 31, 23, 59, 59, 999999), None], pa.timestamp("us")),
        "zoned": pa.array([datetime(2024, 1, 1, tzinfo=UTC), None], pa.timestamp("us", tz="UTC")),
        "nothing": pa.array([None, None], pa.string()),
    }
    given = pa.RecordBatch.from_pydict(columns)
    extract = write_extract(
        [given], base + "/x", run_id="r", table="t", columns={name: name for name in columns}, mode="full"
    )
    (read,) = open_extract(extract.uri)
    assert read.schema.remove_metadata() == given.schema
    assert read.drop_columns(["f64"]).equals(given.drop_columns(["f64"]))
    assert repr(read.column("f64").to_pylist()) == "[0.1, nan]"


def test_an_empty_table_keeps_its_column_types(base: str) -> None:
    extract = write(base + "/x", [batch(0, 0)], watermark="JOBNO")
    assert (extract.rows, extract.watermark) == (0, None)
    (only,) = open_extract(extract.uri)
    assert only.num_rows == 0
    assert only.schema.field("job_id").type == pa.int64()


def test_no_batch_at_all_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="at least one batch"):
        write(base + "/x", [])


def test_small_batches_share_a_row_group_and_the_reader_bounds_its_own(base: str) -> None:
    extract = write(base + "/x", [batch(n * 10, 10) for n in range(100)])
    assert pq.ParquetFile(extract.uri.removeprefix("file://")).num_row_groups == 1
    assert [part.num_rows for part in open_extract(extract.uri, batch_rows=400)] == [400, 400, 200]


@pytest.mark.parametrize(
    ("values", "highest"),
    [
        ([datetime(2024, 1, 1, 0, 0, 0, 1), datetime(2024, 1, 1)], "2024-01-01 00:00:00.000001"),
        ([datetime(2024, 1, 1), None], "2024-01-01 00:00:00.000000"),
        ([date(2024, 2, 29), date(2023, 12, 31)], "2024-02-29"),
        ([9, 10], "10"),
        ([Decimal("9.50"), Decimal("10.25")], "10.25"),
        (["2024-01-01T10:00:00.5", "2024-01-01T10:00:00"], "2024-01-01T10:00:00.5"),
        ([None, None], None),
    ],
)
def test_the_watermark_is_the_exact_highest_value_of_all_batches(
    base: str, values: list[object], highest: str | None
) -> None:
    column = pa.array(values, pa.timestamp("us") if values == [None, None] else None)
    batches = [pa.RecordBatch.from_pydict({"w": column.slice(n, 1), "k": [n]}) for n in range(len(values))]
    extract = write_extract(
        batches, base + "/x", run_id="r", table="t", columns={"k": "k"}, mode="incremental", watermark="w"
    )
    assert extract.watermark == highest
    assert extract.columns == ("k",)


def test_a_zoned_watermark_is_in_utc(base: str) -> None:
    column = pa.array([datetime(2024, 1, 1, 12, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Kolkata"))
    extract = write_extract(
        [pa.RecordBatch.from_pydict({"w": column})], base + "/x", run_id="r", table="t", columns={"w": "w"},
        mode="full", watermark="w",
    )  # fmt: skip
    assert extract.watermark == "2024-01-01 12:00:00.000000+00:00"


def test_folders_and_file_are_for_their_owner_alone(base: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    extract = write(extract_folder(base, "hybrid_sync", "run 1", "jobs"), [batch(0, 1)])
    file = Path(extract.uri.removeprefix("file://"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = [parent for parent in file.parents if tmp_path in parent.parents]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in made} == {0o700}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_writer_that_fails_leaves_the_earlier_file_and_nothing_else(base: str) -> None:
    folder = base + "/x"
    before = write(folder, [batch(0, 3)])

    def breaks_off() -> object:
        yield batch(0, 1)
        raise RuntimeError("the desktop broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        write(folder, breaks_off())  # type: ignore[arg-type]
    assert read_extract(before.uri) == before
    assert os.listdir(folder.removeprefix("file://")) == ["extract.parquet"]


def test_what_a_killed_writer_left_is_never_read_and_goes_with_the_next_write(base: str) -> None:
    folder = Path(base.removeprefix("file://"), "x")
    folder.mkdir(parents=True)
    (folder / ".killed.partial").write_bytes(b"PAR1 half a file")
    with pytest.raises(ExtractLost):
        read_extract(f"{base}/x/extract.parquet")
    write(base + "/x", [batch(0, 3)])
    assert os.listdir(folder) == ["extract.parquet"]


def test_a_late_writer_does_not_put_its_rows_over_newer_ones(base: str) -> None:
    newer: list[Extract] = []

    def slow() -> object:
        yield batch(0, 1)
        newer.append(write(base + "/x", [batch(0, 7)]))  # the retry runs meanwhile

    with pytest.raises(ExtractsUnavailable, match="a newer attempt has taken"):
        write(base + "/x", slow())  # type: ignore[arg-type]
    assert read_extract(newer[0].uri).rows == 7


@pytest.mark.parametrize("damage", ["cut", "emptied", "overwritten", "removed", "foreign"])
def test_a_damaged_or_missing_file_is_named_with_the_way_out(base: str, damage: str) -> None:
    extract = write(base + "/x", [batch(0, 1000)])
    file = Path(extract.uri.removeprefix("file://"))
    whole = file.read_bytes()
    if damage == "removed":
        file.unlink()
    elif damage == "foreign":
        pq.write_table(pa.table({"a": [1]}), file)
    else:
        file.write_bytes({"cut": whole[:-20], "emptied": b"", "overwritten": b"x" * len(whole)}[damage])
    for read in (read_extract, lambda uri: list(open_extract(uri))):
        with pytest.raises(ExtractLost, match=r"extract\.parquet.*Clear the table's extract task"):
            read(extract.uri)


def test_damaged_pages_are_found_while_reading(base: str) -> None:
    extract = write(base + "/x", [batch(0, 50_000)])
    file = Path(extract.uri.removeprefix("file://"))
    whole = bytearray(file.read_bytes())
    whole[200:20_000] = os.urandom(19_800)
    file.write_bytes(whole)
    with pytest.raises(ExtractLost, match="is damaged"):
        list(open_extract(extract.uri))


def test_a_lost_extract_is_not_worth_a_retry() -> None:
    assert issubclass(ExtractLost, Unretryable)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../../etc", "%2e%2e", ".hidden", "ரன்", "a b?c#d"])
def test_ids_never_leave_their_folder(base: str, name: str) -> None:
    folder = extract_folder(base, "hybrid_sync", name, "jobs")
    inside = folder.removeprefix(base + "/hybrid_sync/").removesuffix("/jobs")
    assert "/" not in inside
    assert not inside.startswith(".")
    extract = write(folder, [batch(0, 1)])
    assert read_extract(extract.uri).rows == 1
    assert len({extract_folder(base, "d", other, "t") for other in ("..", "%2E.", ".", "a/b", "a%2Fb")}) == 5


def test_airflows_run_ids_stay_readable(base: str) -> None:
    assert extract_folder(base, "hybrid_sync", "manual__2026-11-22T10:00:00.5+00:00", "jobs").endswith(
        "/hybrid_sync/manual__2026-11-22T10:00:00.5+00:00/jobs"
    )


def aged_run(base: str, run_id: str, age: int) -> Path:
    for table in ("jobs", "tasks"):
        extract = write(extract_folder(base, "hybrid_sync", run_id, table), [batch(0, 1)])
        file = Path(extract.uri.removeprefix("file://"))
        os.utime(file, (1_700_000_000 - age, 1_700_000_000 - age))
    return file.parent.parent


def test_pruning_keeps_the_newest_runs_whatever_their_names(base: str) -> None:
    runs = {name: aged_run(base, name, age) for name, age in {"a": 10, "zz": 40, "m": 20, "b": 30}.items()}
    removed = prune_extracts(base, "hybrid_sync", keep_runs=2)
    assert removed == [f"file://{runs['zz']}", f"file://{runs['b']}"]
    assert {name for name, folder in runs.items() if folder.exists()} == {"a", "m"}
    assert prune_extracts(base, "hybrid_sync", keep_runs=2) == []


def test_pruning_touches_nothing_that_is_not_an_extract(base: str, tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old", "mixed", "deep")):
        aged_run(base, name, age)
    dag = tmp_path / "extracts" / "hybrid_sync"
    (dag / "mixed" / "notes.txt").write_text("of the engineer")
    (dag / "deep" / "jobs" / "more").mkdir()
    (dag / "deep" / "jobs" / "more" / "extract.parquet").write_text("x")
    (dag / "loose.parquet").write_text("x")
    (dag / "strange").mkdir()
    write(extract_folder(base, "another_dag", "r", "jobs"), [batch(0, 1)])
    assert prune_extracts(base, "hybrid_sync", keep_runs=1) == [f"file://{dag}/old"]
    assert sorted(os.listdir(dag)) == ["deep", "loose.parquet", "mixed", "new", "strange"]
    assert (tmp_path / "extracts" / "another_dag" / "r").exists()


def test_pruning_a_dag_without_extracts_or_all_of_them(base: str) -> None:
    assert prune_extracts(base, "never_ran", keep_runs=1) == []
    with pytest.raises(ValueError, match="at least 1"):
        prune_extracts(base, "hybrid_sync", keep_runs=0)


def test_any_store_that_airflow_knows_will_do() -> None:
    from airflow.sdk.io.store import attach
    from fsspec.implementations.memory import MemoryFileSystem

    attach("memory", fs=MemoryFileSystem())
    base = f"memory://{uuid.uuid4().hex}"
    for run in ("first", "second"):
        extract = write(extract_folder(base, "hybrid_sync", run, "jobs"), [batch(0, 3)])
    assert read_extract(extract.uri).rows == 3
    assert [part.num_rows for part in open_extract(extract.uri)] == [3]
    assert prune_extracts(base, "hybrid_sync", keep_runs=1) == [f"{base}/hybrid_sync/first"]
    with pytest.raises(ExtractLost, match="is gone"):
        read_extract(f"{base}/hybrid_sync/first/jobs/extract.parquet")
