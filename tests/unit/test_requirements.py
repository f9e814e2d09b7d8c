"""requirements.txt is the whole environment: exact, complete, installable from any index, and what runs these tests."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def requirements(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_every_line_is_one_exact_version() -> None:
    pins = requirements("requirements.txt")
    assert {tuple(each.operator for each in pin.specifier) for pin in pins} == {("==",)}
    assert not [str(pin) for pin in pins if "*" in str(pin.specifier) or pin.url]
    assert len({canonicalize_name(pin.name) for pin in pins}) == len(pins)


def test_everything_asked_for_is_pinned_to_a_version_that_fits() -> None:
    pins = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in requirements("requirements.txt")}
    for asked in requirements("requirements.in"):
        assert pins[canonicalize_name(asked.name)] in asked.specifier, asked


def test_no_index_is_named() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    assert not [line for line in text.splitlines() if line.startswith("-")]


def test_the_tests_run_on_the_pinned_versions() -> None:
    pins = [pin for pin in requirements("requirements.txt") if pin.marker is None or pin.marker.evaluate()]
    different = {pin.name: version(pin.name) for pin in pins if version(pin.name) not in pin.specifier}
    assert different == {}
