"""One column sent through the conversion, and the target columns that the tests of it share.

`convert` gives, for each row, the value that goes to the cloud or the reason as `Rejected`. That the cloud then holds
that value is shown in tests/postgres/test_staging_types.py.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from hybrid_sync.catalog import TargetColumn
from hybrid_sync.conversion import ROW_NUMBER, Conversion, Converted


class Rejected(str):
    """A reason."""


def column(sql_type: str, base: str, **facts: Any) -> TargetColumn:
    given_facts = {"kind": "b", "length": None, "precision": None, "scale": None, "labels": ()} | facts
    return TargetColumn(
        name="c", type=sql_type, base=base, not_null=False, has_default=False, generated=False, identity=False,
        **given_facts,
    )  # fmt: skip


def numeric(precision: int, scale: int) -> TargetColumn:
    return column(f"numeric({precision},{scale})", "numeric", precision=precision, scale=scale)


INT2 = column("smallint", "int2")
INT4 = column("integer", "int4")
INT8 = column("bigint", "int8")
N62 = numeric(6, 2)
NUMERIC = column("numeric", "numeric")
REAL = column("real", "float4")
DOUBLE = column("double precision", "float8")
BOOL = column("boolean", "bool")
TEXT = column("text", "text")
V3 = column("character varying(3)", "varchar", length=3)
C3 = column("character(3)", "bpchar", length=3)
DATE = column("date", "date")
TIME = column("time without time zone", "time", scale=6)
TIME0 = column("time(0) without time zone", "time", scale=0)
TS = column("timestamp without time zone", "timestamp", scale=6)
TS3 = column("timestamp(3) without time zone", "timestamp", scale=3)
TSTZ = column("timestamp with time zone", "timestamptz", scale=6)
BYTEA = column("bytea", "bytea")
UUIDS = column("uuid", "uuid")
MOOD = column("mood", "mood", kind="e", labels=("calm", "busy"))


def run(values: pa.Array, target: TargetColumn, zone: str = "UTC", required: tuple[str, ...] = ()) -> Converted:
    batch = pa.RecordBatch.from_arrays([values], names=["c"])
    return Conversion(batch.schema, [target], zone, required).convert(batch, 1)


def convert(values: pa.Array, target: TargetColumn, zone: str = "UTC") -> list[Any]:
    done = run(values, target, zone)
    by_row: dict[int, Any] = dict(
        zip(done.batch[ROW_NUMBER].to_pylist(), done.batch["c"].to_pylist(), strict=True)
    )  # fmt: skip
    for reject in done.rejects:
        assert reject.row_number not in by_row, "a row is good or rejected, and has one reason a column"
        by_row[reject.row_number] = Rejected(reject.reason)
    return [by_row[row] for row in range(1, len(values) + 1)]


def convert_one(value: Any, arrow_type: pa.DataType, target: TargetColumn, zone: str = "UTC") -> Any:
    # A good row and a NULL stand beside it: they must not be touched.
    _, result, nothing = convert(pa.array([None, value, None], arrow_type), target, zone)
    assert nothing is None
    return result


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # type: ignore[arg-type]
