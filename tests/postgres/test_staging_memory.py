"""Memory of a load is bounded by the batch: five times the rows take no more of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres.conftest import Cloud

ROOT = Path(__file__).parents[2]


def megabytes(cloud: Cloud, rows: int, kind: str) -> float:
    """The highest memory of a process of its own that stages `rows` rows."""
    command = [sys.executable, str(Path(__file__).with_name("stage_rows.py")), cloud.uri, str(rows), kind]
    environment = {"PYTHONPATH": str(ROOT / "plugins")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "rows"), [("good", 1_000_000), ("bad", 500_000)])
def test_a_load_takes_no_more_memory_for_more_rows(cloud_db: Cloud, kind: str, rows: int) -> None:
    cloud_db.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(80), work varchar(200), amount numeric(15,2),"
        " hours numeric(12,2), due date, source char(1))"
    )
    few, many = megabytes(cloud_db, rows // 5, kind), megabytes(cloud_db, rows, kind)
    print(f"{kind}: {few:.0f} and {many:.0f} MiB")
    assert many < 400
    assert many < few * 1.15
