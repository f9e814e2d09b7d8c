"""docker-compose.yaml, read by Compose itself and held against Airflow's own list of settings.

Nothing is started here: `docker-compose config` needs no engine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yaml"
REQUIRED = (
    "AIRFLOW_ADMIN_PASSWORD",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW_CONN_DESKTOP",
    "AIRFLOW_CONN_SUPABASE",
)


def example_values() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def compose_config(values: dict[str, str], folder: Path, file: Path = FILE) -> subprocess.CompletedProcess[str]:
    """`docker compose config` with `values` as .env and nothing from our own environment."""
    env_file = folder / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    program = Path(sys.executable).with_name("docker-compose")
    return subprocess.run(
        [program, "-f", file, "--env-file", env_file, "--profile", "*", "config", "--format", "json"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def filled() -> dict[str, str]:
    """.env.example as a user would have it after filling in what is empty."""
    return {name: value or "made-up" for name, value in example_values().items()}


@pytest.fixture
def services(filled: dict[str, str], tmp_path: Path) -> dict[str, Any]:
    done = compose_config(filled, tmp_path)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


@pytest.fixture
def airflow_services(services: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in services.items() if name.startswith("airflow-")}


def mounts(service: dict[str, Any]) -> dict[str, str]:
    return {volume["target"]: volume["source"] for volume in service["volumes"]}


def test_has_the_services_of_the_official_file(services: dict[str, Any]) -> None:
    assert set(services) == {
        "postgres",
        "redis",
        "airflow-apiserver",
        "airflow-scheduler",
        "airflow-dag-processor",
        "airflow-triggerer",
        "airflow-worker",
        "airflow-init",
        "airflow-cli",
    }


def test_example_names_what_must_be_set_and_holds_no_secret() -> None:
    empty = {name for name, value in example_values().items() if not value}
    assert empty == set(REQUIRED)
    assert set(re.findall(r"\$\{(\w+):\?", FILE.read_text())) == set(REQUIRED)


@pytest.mark.parametrize("missing", REQUIRED)
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_refuses_to_start_without(missing: str, how: str, filled: dict[str, str], tmp_path: Path) -> None:
    if how == "absent":
        del filled[missing]
    else:
        filled[missing] = ""
    done = compose_config(filled, tmp_path)
    assert done.returncode != 0
    assert missing in done.stderr
    assert ".env.example" in done.stderr


def test_compose_notices_a_misspelt_key(filled: dict[str, str], tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yaml"
    wrong.write_text(FILE.read_text().replace("    healthcheck:\n", "    healthchek:\n", 1))
    done = compose_config(filled, tmp_path, wrong)
    assert done.returncode != 0
    assert "healthchek" in done.stderr


def known_settings() -> Iterator[str]:
    """Every setting of Airflow and of the installed providers, as environment variables write it."""
    spec = find_spec("airflow.config_templates")
    assert spec is not None
    assert spec.origin is not None
    described = [yaml.safe_load((Path(spec.origin).parent / "config.yml").read_text())]
    described += [entry.load()().get("config", {}) for entry in entry_points(group="apache_airflow_provider")]
    for sections in described:
        for section, content in sections.items():
            for option in content["options"]:
                yield f"AIRFLOW__{section.replace('.', '_')}__{option}".upper()


def test_every_airflow_setting_exists(airflow_services: dict[str, Any]) -> None:
    used = {name for service in airflow_services.values() for name in service["environment"]}
    settings = {name for name in used if name.startswith("AIRFLOW__")}
    assert "AIRFLOW__PROVIDERS_ODBC__ALLOW_DRIVER_IN_EXTRA" in settings
    assert settings - set(known_settings()) == set()


def test_every_airflow_container_gets_the_same_environment(airflow_services: dict[str, Any]) -> None:
    # One JWT secret and one Fernet key for all, or the workers are refused.
    settings = [
        {name: value for name, value in service["environment"].items() if name.startswith(("AIRFLOW_", "HYBRID_"))}
        for service in airflow_services.values()
    ]
    assert all(each == settings[0] for each in settings)
    assert settings[0]["AIRFLOW__API_AUTH__JWT_SECRET"]


def test_every_airflow_container_sees_the_project_and_the_extracts(airflow_services: dict[str, Any]) -> None:
    for service in airflow_services.values():
        seen = mounts(service)
        for folder in ("dags", "plugins", "include", "logs", "config"):
            assert seen[f"/opt/airflow/{folder}"] == str(ROOT / folder)
        extracts = service["environment"]["HYBRID_SYNC_EXTRACTS"]
        assert seen[extracts.removeprefix("file://")] == "extracts"


def test_a_connection_arrives_as_it_was_written(filled: dict[str, str], tmp_path: Path) -> None:
    written = '{"conn_type": "postgres", "password": "a$b#c\\"d", "extra": {"prepare_threshold": null}}'
    filled["AIRFLOW_CONN_SUPABASE"] = f"'{written}'"
    services = json.loads(compose_config(filled, tmp_path).stdout)["services"]
    # `config` prints a file for Compose to read again, so it doubles each dollar.
    assert services["airflow-worker"]["environment"]["AIRFLOW_CONN_SUPABASE"].replace("$$", "$") == written


def test_the_image_is_the_airflow_that_is_pinned(services: dict[str, Any]) -> None:
    pinned = re.search(r"^apache-airflow==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    recipe = services["airflow-worker"]["build"]["dockerfile_inline"]
    assert f"FROM apache/airflow:{pinned[1]}\n" in recipe
    assert "unixodbc" in recipe
    assert "requirements.txt" in recipe


def test_init_makes_the_pool_of_the_merges(services: dict[str, Any]) -> None:
    assert "airflow pools set hybrid_sync_cloud" in services["airflow-init"]["command"][-1]
