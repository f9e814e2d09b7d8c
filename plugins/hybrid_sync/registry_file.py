"""The registry file as YAML, read more strictly than PyYAML does by itself. `registry.py` gives it its meaning."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml  # airflow.sdk has loaded it already, so it costs the parse of the DAG nothing

from hybrid_sync.errors import RegistryError

VARIABLE = "HYBRID_SYNC_REGISTRY"
SHIPPED = Path(__file__).resolve().parents[2] / "include" / "tables.yaml"


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice: PyYAML keeps the last one, and a table would vanish unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # the base class refuses what cannot be a key
            if first := lines.get((key.tag, key.value)):
                problem = f"the key {key.value!r} is given twice, first in line {first}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            lines[key.tag, key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep=deep)


def registry_path(path: Path | None = None) -> Path:
    """The registry file to read, absolute: `path`, else what HYBRID_SYNC_REGISTRY names, else the shipped one."""
    return (path or Path(os.environ.get(VARIABLE) or SHIPPED)).expanduser().absolute()


def read_registry_file(path: Path) -> dict[Any, Any]:
    """The file's top-level mapping, as YAML gives it and otherwise unchecked.

    Raises RegistryError for a file that is missing, unreadable, not YAML, empty, not a mapping, or has a key twice.
    """
    try:
        document = _load(path.read_bytes())
    except FileNotFoundError:
        raise RegistryError(f"{path} does not exist; create it, or let {VARIABLE} name the registry file") from None
    except OSError as error:
        raise RegistryError(f"{path} cannot be read ({error.strerror}); {VARIABLE} names the registry file") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-02-30
        raise RegistryError(f"{path} cannot be read as YAML: {_explained(error)}") from error
    if document is None:
        raise RegistryError(f"{path} is empty; it needs tables: with one entry a table")
    if not isinstance(document, dict):
        raise RegistryError(f"{path} must hold a mapping that has tables: with one entry a table")
    return document


def _load(content: bytes) -> Any:
    loader = _StrictLoader(content)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _explained(error: Exception) -> str:
    """PyYAML's words on one line, without its quotation of the file."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())
