"""An extract in parts: it is whole or it is refused, whatever happened to its files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from hybrid_sync.extracts import (
    ExtractLost,
    extract_folder,
    find_extract,
    part_folder,
    prune_extracts,
    read_parts,
    read_whole,
    runs_with_extract,
    write_extract,
    write_index,
)
from hybrid_sync.extracts.extract import Extract


class Parts:
    """The parts of the table `jobs` in the run `run`, as extract tasks write them."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.folder = extract_folder(base, "dag", "run", "jobs")

    def write(self, *numbers: int, split_id: str = "cut", parts: int = 3, rows: int = 2) -> None:
        for number in numbers:
            write_extract(
                [pa.record_batch({"JOBNO": pa.array(range(rows), pa.int64())})],
                part_folder(self.folder, split_id, number), run_id="run", table="jobs", columns={"job_id": "JOBNO"},
                mode="full", known={"split_id": split_id, "part": number, "parts": parts, "watermark": "9"},
            )  # fmt: skip

    def file(self, number: int, split_id: str = "cut") -> Path:
        return Path(part_folder(self.folder, split_id, number).removeprefix("file://"), "extract.parquet")

    def find(self) -> Extract:
        return find_extract(self.base, "dag", "run", "jobs")


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(f"file://{tmp_path}")


def test_the_whole_has_the_rows_of_all_and_what_each_part_knows(parts: Parts) -> None:
    parts.write(2, 3, 1)
    whole = write_index(parts.folder, "cut", 3)
    assert (whole.rows, whole.part, whole.parts, whole.watermark, whole.columns) == (6, 0, 3, "9", ("job_id",))
    assert parts.find() == read_whole(whole.uri) == whole
    assert [(part.part, part.rows) for part in read_parts(whole)] == [(1, 2), (2, 2), (3, 2)]
    assert runs_with_extract(parts.base, "dag", "jobs") == ["run"]


def test_there_is_no_extract_before_every_part_is_there(parts: Parts) -> None:
    parts.write(1, 2)
    with pytest.raises(ExtractLost, match=r"/3/extract\.parquet is gone\. Clear the table's extract task"):
        write_index(parts.folder, "cut", 3)
    with pytest.raises(ExtractLost, match="run run has no extract of the table"):
        parts.find()
    assert runs_with_extract(parts.base, "dag", "jobs") == []


def test_an_earlier_whole_stays_until_a_new_one_is_whole(parts: Parts) -> None:
    parts.write(1, 2, 3, rows=1)
    write_index(parts.folder, "cut", 3)
    parts.write(1, split_id="new", parts=2)
    with pytest.raises(ExtractLost):
        write_index(parts.folder, "new", 2)
    assert parts.find().rows == 3
    parts.write(2, split_id="new", parts=2)
    assert write_index(parts.folder, "new", 2).rows == 4
    assert parts.find().rows == 4
    assert not parts.file(1).parent.parent.exists()


@pytest.mark.parametrize("damage", ["gone", "cut", "another part", "of another cut", "of so many other parts"])
def test_a_whole_that_has_lost_a_part_is_refused_and_never_a_subset(parts: Parts, damage: str) -> None:
    parts.write(1, 2, 3)
    whole = write_index(parts.folder, "cut", 3)
    if damage == "gone":
        parts.file(2).unlink()
    elif damage == "cut":
        parts.file(2).write_bytes(parts.file(2).read_bytes()[:-20])
    else:
        parts.write(2, split_id="other", parts=3)
        parts.write(3, split_id="cut", parts=4)
        other = {"another part": parts.file(1), "of another cut": parts.file(2, "other")}.get(damage, parts.file(3))
        parts.file(2).write_bytes(other.read_bytes())
    for read in (parts.find, lambda: read_whole(whole.uri), lambda: read_parts(whole)):
        with pytest.raises(ExtractLost, match="for a replay, choose another run"):
            read()


@pytest.mark.parametrize(
    "content", ["", "{}", '{"split_id": "cut"}', '{"split_id": "cut", "parts": "x", "created": ""}']
)
def test_a_damaged_index_is_refused(parts: Parts, content: str) -> None:
    parts.write(1, 2, 3)
    whole = write_index(parts.folder, "cut", 3)
    Path(whole.uri.removeprefix("file://")).write_text(content)
    with pytest.raises(ExtractLost, match=r"index\.json is cut or damaged"):
        read_whole(whole.uri)


def test_a_writer_takes_no_other_parts_partial_file_away(parts: Parts) -> None:
    parts.write(1)
    beside = parts.file(2).parent
    beside.mkdir(parents=True)
    (beside / ".writing.partial").touch()
    parts.write(3)
    assert (beside / ".writing.partial").exists()


def test_parts_are_for_their_owner_alone_and_go_with_their_run(parts: Parts) -> None:
    parts.write(1, 2, 3)
    write_index(parts.folder, "cut", 3)
    root = Path(parts.folder.removeprefix("file://"))
    assert {path.stat().st_mode & 0o077 for path in root.rglob("*")} == {0}
    write_extract([pa.record_batch({"a": [1]})], extract_folder(parts.base, "dag", "newer", "jobs"), run_id="newer",
                  table="jobs", columns={"a": "a"}, mode="full")  # fmt: skip
    assert [uri.rsplit("/", 1)[-1] for uri in prune_extracts(parts.base, "dag", 1)] == ["run"]
    assert not root.exists()
