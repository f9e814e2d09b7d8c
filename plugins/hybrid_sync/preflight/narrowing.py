"""Where a target's type is narrower than the desktop's: longer, larger or finer values become rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.odbc.readings import DesktopColumn

# ODBC's numbers of types.
_TEXT, _LONG_TEXT, _DECIMAL = (1, 12, -8, -9), (-1, -10), (2, 3)
_FLOAT, _MOMENT = (6, 7, 8), (93, 11)
_DIGITS = {-6: 3, 5: 5, 4: 10, -5: 19}
_WHOLE = {"int2": 4, "int4": 9, "int8": 18}  # digits that fit for certain
# What drivers say of a column without a declared size: psqlODBC and SQLite's of text, psqlODBC of numeric.
_UNDECLARED_TEXT, _UNDECLARED_NUMERIC = 255, (28, 6)


def described(column: DesktopColumn) -> str:
    """A desktop column's type as one writes it: `varchar(100)`, `numeric(8,2)`, `timestamp`."""
    bare = column.type_name.split("(")[0]
    if column.sql_type in _TEXT and column.size and column.size != _UNDECLARED_TEXT:
        return f"{bare}({column.size})"
    if column.sql_type in _DECIMAL and column.size and (column.size, column.digits) != _UNDECLARED_NUMERIC:
        return f"{bare}({column.size},{column.digits})" if column.digits else f"{bare}({column.size})"
    return bare


def narrows(desktop: DesktopColumn, cloud: TargetColumn) -> bool:
    """Whether the desktop's column can hold values that the cloud's cannot, as far as the declared types tell."""
    if cloud.length is not None:
        return _text_narrows(desktop, cloud.length)
    if desktop.sql_type in _MOMENT:
        return cloud.base in ("date", "time") or (
            cloud.base.startswith("timestamp") and (cloud.scale or 0) < (desktop.digits or 0)
        )
    if desktop.sql_type in _FLOAT:
        return cloud.base in _WHOLE or (cloud.base == "numeric" and cloud.precision is not None) or (
            cloud.base == "float4" and desktop.sql_type == 8
        )  # fmt: skip
    return _number_narrows(desktop, cloud)


def _text_narrows(desktop: DesktopColumn, length: int) -> bool:
    if desktop.sql_type in _LONG_TEXT:
        return True
    return desktop.sql_type in _TEXT and desktop.size not in (None, 0, _UNDECLARED_TEXT) and desktop.size > length


def _number_narrows(desktop: DesktopColumn, cloud: TargetColumn) -> bool:
    if desktop.sql_type in _DIGITS:
        whole, digits = _DIGITS[desktop.sql_type], 0
        if cloud.base in _WHOLE:
            return int(cloud.base[3:]) < {-6: 1, 5: 2, 4: 4, -5: 8}[desktop.sql_type]
    elif desktop.sql_type in _DECIMAL and desktop.size and (desktop.size, desktop.digits) != _UNDECLARED_NUMERIC:
        digits = desktop.digits or 0
        whole = desktop.size - digits
    else:
        return False
    if cloud.base in _WHOLE:
        return digits > 0 or whole > _WHOLE[cloud.base]
    if cloud.base == "numeric" and cloud.precision is not None:
        return digits > (cloud.scale or 0) or whole > cloud.precision - (cloud.scale or 0)
    return False
