"""The commands of the pages, and an office where they are run: a small firm, a real scheduler, a shell.

A command is a line of an indented block that begins with `$ `; the lines below it, to the end of the block, are the
result that the page promises. In both, `<run id>` and the like stand for what differs. A `..` alone on a line stands
for lines that the page leaves out.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from demo.airflow_stack import AirflowStack
from demo.environment import DAG_ID
from demo.postgres import server_binaries

ROOT = Path(__file__).parents[2]
README, RECIPES = ROOT / "README.md", ROOT / "docs" / "recipes.md"
_STARTS_RUNS = ("airflow dags trigger", "airflow tasks clear", "airflow dags unpause", "clearTaskInstances")
_PLACEHOLDER = re.compile(r"<[a-z ]+>")
_VARIABLE = re.compile(r"([A-Z_]+)=")


@dataclass
class Command:
    """One command of a page, and the result that the page shows for it."""

    text: str
    result: list[str] = field(default_factory=list)


@dataclass
class Recipe:
    """A section of a page: its commands in order, and its other code blocks."""

    title: str
    commands: list[Command] = field(default_factory=list)
    snippets: list[str] = field(default_factory=list)


def read_page(path: Path) -> dict[str, Recipe]:
    """Heading -> section."""
    here = Recipe("")
    recipes = {"": here}
    block: list[str] = []
    for line in [*path.read_text().splitlines(), "end"]:
        if not line or line.startswith("    "):
            block.append(line.removeprefix("    "))
            continue
        _take(here, block)
        block = []
        if line.startswith("#"):
            here = recipes.setdefault(line.lstrip("# "), Recipe(line.lstrip("# ")))
    return recipes


def _take(recipe: Recipe, block: list[str]) -> None:
    """Put the lines of one indented block where they belong."""
    command: Command | None = None
    snippet: list[str] = []
    for line in block:
        if line.startswith("$ "):
            command = Command(line.removeprefix("$ ").split("  #")[0].strip())
            recipe.commands.append(command)
        elif command is None:
            snippet.append(line)
        elif command.text.endswith("\\"):
            command.text += f"\n{line}"
        else:
            command.result.append(line)
    if any(snippet):
        recipe.snippets.append("\n".join(snippet).strip() + "\n")


def all_commands(pages: Iterable[Path]) -> list[str]:
    """Every command of `pages`."""
    return [command.text for page in pages for recipe in read_page(page).values() for command in recipe.commands]


def expect(promised: Iterable[str], output: str) -> None:
    """Fail unless the promised lines are in `output`, in their order, spaces aside."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for line in promised:
        words = " ".join(line.split())
        if not words or words == ".." or set(words) <= {"-", "+"}:
            continue
        wanted = re.compile(".+".join(re.escape(part) for part in _PLACEHOLDER.split(words)))
        assert any(wanted.search(there) for there in lines), (
            f"the page promises\n  {words}\nand there is\n" + "\n".join(output.splitlines()[-60:])
        )


class Office:
    """A firm, an Airflow that runs, and a shell in which the pages' commands are run.

    :param stack: a running Airflow.
    :param registry: the registry's file, which recipes change.
    """

    cloud_connection = ""
    """The connection `supabase` as the first recipes have it, as JSON."""

    def __init__(self, stack: AirflowStack, *, desktop: str, cloud: str, registry: Path) -> None:
        self.stack = stack
        self.registry = registry
        self.pages = {**read_page(README), **read_page(RECIPES)}
        self.ran: list[str] = []
        self._next: dict[str, int] = {}
        path = os.pathsep.join([str(server_binaries()), stack.environment["PATH"]])
        self.shell = {
            **stack.environment, "PATH": path, "DESKTOP": desktop, "CLOUD": cloud, "AIRFLOW": stack.url,
            "PASSWORD": stack.password, "PSQLRC": "/dev/null",
        }  # fmt: skip

    def follow(self, title: str, count: int = 1, **filled: str) -> str:
        """Run the next `count` commands of the recipe `title` and check what they show. Gives the last run's id.

        A command that starts a run is waited for; what the page shows below it are lines of that run's logs.

        :param filled: what stands for `<run id>` (run_id) and the like.
        """
        run_id = ""
        for _ in range(count):
            place = self._next.get(title, 0)
            self._next[title] = place + 1
            run_id = self._follow(self.pages[title].commands[place], filled)
        return run_id

    def _follow(self, command: Command, filled: dict[str, str]) -> str:
        self.ran.append(command.text)
        text = fill(command.text, filled)
        before = self._runs()
        output = self.sh(text)
        run_id = ""
        if any(sign in text for sign in _STARTS_RUNS):
            run_id = next((name for name in self._runs() if name not in before), filled.get("run_id", ""))
            self.settle()
            if command.result and run_id:
                output += "".join(self.logs(run_id))
        expect([fill(line, filled) for line in command.result], output)
        return run_id

    def sh(self, text: str) -> str:
        """Run one command as the page's reader does. A variable that it sets stays set. Gives what it printed."""
        name = _VARIABLE.match(text)
        keep = f'\nprintf "%s" "${name[1]}"' if name else ""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text + keep], env=self.shell, cwd=ROOT, timeout=120, check=False,
            capture_output=True, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        if name:
            self.shell[name[1]] = done.stdout
        return done.stdout

    def run(self, conf: dict[str, Any] | None = None) -> str:
        """A run that no recipe asks for, to prepare what one is about. Gives its id."""
        run_id = self.stack.trigger(conf)
        self.stack.wait(run_id, timeout=120)
        return run_id

    def settle(self) -> None:
        """Wait until no run is under way."""
        for run_id in self._runs():
            self.stack.wait(run_id, timeout=120)

    def logs(self, run_id: str) -> Iterator[str]:
        """What the tasks of a run logged, in the order of their beginning."""
        tasks = [task for task in self.stack.tasks(run_id) if task["start_date"] and task["state"] != "skipped"]
        for task in sorted(tasks, key=lambda task: str(task["start_date"])):
            path = f"dags/{DAG_ID}/dagRuns/{quote(run_id, safe='')}/taskInstances/{task['task_id']}/logs/"
            params = {"full_content": True, "map_index": task["map_index"]}
            answer = self.stack.request("GET", f"{path}{task['try_number']}", params=params)
            for line in answer["content"]:
                yield f"{line['event']}\n"
                yield from (f"{error['exc_type']}: {error['exc_value']}\n" for error in line.get("error_detail") or ())

    def counts(self, run_id: str) -> dict[str, tuple[int, ...]]:
        """Table -> inserted, updated, deleted, conflicts, rejects of its merge in a run."""
        rows = self.on_cloud(
            "SELECT table_name, inserted, updated, deleted, conflicts, rejects FROM hybrid_sync.merge_log "
            f"WHERE run_id = '{run_id}'"
        )
        return {name: tuple(numbers) for name, *numbers in rows}

    def enter(self, snippet: str) -> None:
        """Write the entries of a page's snippet into the registry; a table that is there gets the new settings."""
        import yaml

        registry = yaml.safe_load(self.registry.read_text())
        for name, entry in yaml.safe_load(snippet)["tables"].items():
            registry["tables"][name] = entry
        self.registry.write_text(yaml.safe_dump(registry, sort_keys=False))

    def on_cloud(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.shell["CLOUD"], statement)

    def on_desktop(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.shell["DESKTOP"], statement)

    def _runs(self) -> list[str]:
        runs = self.stack.request("GET", f"dags/{DAG_ID}/dagRuns", params={"limit": 100, "order_by": "-run_after"})
        return [run["dag_run_id"] for run in runs["dag_runs"]]


def fill(text: str, filled: dict[str, str]) -> str:
    """`text` with `<run id>` and the like filled in."""
    for name, value in filled.items():
        text = text.replace(f"<{name.replace('_', ' ')}>", value)
    return text


def assignments(snippet: str) -> dict[str, str]:
    """The variables that a snippet of shell sets."""
    return dict(word.split("=", 1) for word in shlex.split(snippet, comments=True) if _VARIABLE.match(word))


def _execute(uri: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(uri, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []
