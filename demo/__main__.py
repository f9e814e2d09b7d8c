"""`make demo`: two syncs of an accounting firm's desktop into a cloud that phones write too, shown and checked.

Exit status 0 when everything is as promised, 1 with a sentence that says what is not, 130 after Ctrl-C. Nothing is
left running, however it ends.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack

from demo import expectations, folder, proof, screen, verdicts
from demo.airflow_api import StackError
from demo.airflow_stack import AirflowStack
from demo.environment import DAG_ID, ODBC_DRIVER, POOL, POOL_SLOTS
from demo.firm import fill_desktop, make_cloud, make_firm
from demo.phones import phone_rows, write_phone_rows
from demo.postgres import PostgresServer
from demo.processes import interrupt_on_signals
from demo.proof import MobileRows
from demo.rows import TABLES, TableRows
from demo.story import Edits, edit_desktop


class Demonstration:
    """The story, step by step, over a running server and a running Airflow."""

    def __init__(self, server: PostgresServer, stack: AirflowStack) -> None:
        self.desktop = server.uri("desktop")
        self.cloud = server.uri("cloud")
        self.stack = stack
        self.times: dict[str, float] = {}

    def make_databases(self) -> dict[str, TableRows]:
        """Fill the desktop, leave the cloud's tables empty. Gives the desktop's rows."""
        screen.heading("An accounting firm")
        with screen.timed(self.times, "making the two databases"):
            firm = make_firm()
            rows = fill_desktop(self.desktop, firm)
            make_cloud(self.cloud)
        screen.say(f"desktop: {rows:,} rows in {len(firm)} tables, read over ODBC (driver {ODBC_DRIVER!r})")
        screen.say(f"cloud:   the same {len(TABLES)} tables with keys and foreign keys in PostgreSQL, empty")
        return firm

    def start_airflow(self) -> None:
        """Start Airflow and make the pool of the merges."""
        progress = screen.Progress("Airflow is starting")
        progress.show("about half a minute")
        with screen.timed(self.times, "starting Airflow"):
            self.stack.start()
            self.stack.make_pool(POOL, POOL_SLOTS)
        progress.end()
        screen.say(f"Airflow: a scheduler with 8 workers, its log in {self.stack.process.log}")

    def sync(self, name: str) -> str:
        """Run the DAG once; print what it says of every table. Gives the run id. Raises Broken when the run failed."""
        progress = screen.Progress(name)
        with screen.timed(self.times, name):
            run_id = self.stack.trigger(run_id=name.replace(" ", "_"))
            state = self.stack.wait(run_id, on_poll=lambda done, all_: progress.show(f"{done} of {all_} tasks"))
        progress.end()
        states = self.stack.task_states(run_id)
        table = verdicts.verdict_table(self.stack.log(run_id, verdicts.VALIDATE))
        screen.say(f"{len(states)} tasks in {self.times[name]:.0f} s; the last of them, {verdicts.VALIDATE}, says:\n\n")
        screen.say(table or "(nothing)")
        if state != "success":
            failed = sorted(task for task, task_state in states.items() if task_state == "failed")
            logs = self.stack.home / "logs" / f"dag_id={DAG_ID}" / f"run_id={run_id}"
            raise expectations.Broken(f"{name} ended as {state}; failed: {', '.join(failed)}. Logs: {logs}")
        return run_id

    def sync_one(self) -> None:
        """Into the empty cloud."""
        screen.heading("Sync one, into the empty cloud")
        self.sync("sync one")
        expectations.expect_everything_there(proof.compare(self.desktop, self.cloud))
        screen.say("\nCompared row by row by the demo itself: the cloud holds every row of the desktop, and no other.")

    def between(self, firm: dict[str, TableRows]) -> tuple[Edits, dict[str, MobileRows]]:
        """Phones and the desktop go on working. Gives the desktop's edits and the mobile rows before sync two."""
        screen.heading("Meanwhile")
        phones = phone_rows(firm)
        edits = edit_desktop(self.desktop, firm)
        written = write_phone_rows(self.cloud, phones)
        screen.say(f"phones:  {written} new rows in {len(phones)} tables of the cloud, source 'M'")
        for verb, changes in (("updates", edits.updated), ("adds", edits.added), ("deletes", edits.deleted)):
            rows = ", ".join(f"{count} {table}" for table, count in changes.items())
            screen.say(f"desktop: {verb} {rows}")
        screen.say(f"both:    the desktop's new job {edits.colliding_job} has the number of a job made on a phone")
        return edits, proof.mobile_rows(self.cloud)

    def sync_two(self, edits: Edits) -> None:
        """Over what changed."""
        screen.heading("Sync two, over all that")
        run_id = self.sync("sync two")
        expectations.expect_counts(verdicts.counts_of(self.cloud, run_id), edits)
        expectations.expect_edits_there(proof.compare(self.desktop, self.cloud), edits)
        kept = " and ".join(f"{edits.deleted[table]} {table}" for table in ("jobshead", "reminder"))
        screen.say(
            "\nCompared row by row: every row of the desktop is in the cloud as it is now, except the one below.\n"
            "In the tables with a key, the rows that the desktop changed were written, and no others.\n"
            f"Rows that the desktop deleted: {edits.deleted['jobtasks']} jobtasks are gone; {kept} stay, because the\n"
            "registry's default for tables with a key is `deletes: keep`."
        )

    def conflict(self, edits: Edits) -> None:
        """The desktop row that a mobile row stood in the way of."""
        screen.heading("The conflict that was caught (hybrid_sync.conflict)")
        conflicts = verdicts.open_conflicts(self.cloud)
        expectations.expect_conflict(conflicts, edits)
        for found in conflicts:
            key = ", ".join(f"{name} {value}" for name, value in found.key.items())
            screen.say(f"{found.table}, {key}: {found.kind}")
            for side, row in (("phone, kept", found.mobile_row), ("desktop, stored here", found.desktop_row)):
                screen.say(f"  {side + ':':22}{row['work_desc']}, client {row['client_id']}, {row['job_uid']}")

    def proof(self, before: dict[str, MobileRows]) -> None:
        """Mobile rows before and after sync two."""
        screen.heading("The proof: mobile rows before and after sync two, read by the demo itself")
        after = proof.mobile_rows(self.cloud)
        screen.table(
            ("table", "mobile rows", "SHA-256 before", "SHA-256 after"),
            [
                (table, rows.rows, rows.digest[:16], f"{after[table].digest[:16]}")
                for table, rows in before.items()
                if rows.rows or after[table].rows
            ],
        )
        expectations.expect_identical(before, after)
        screen.say(
            "\nEvery byte of every column, with ctid and xmin: PostgreSQL changes those two whenever a row is written."
        )


def tell() -> None:
    """The whole demonstration. Raises Broken, StackError, FolderInUse."""
    with ExitStack() as leaving:
        leaving.enter_context(folder.locked_folder())
        folder.clear()
        leaving.callback(folder.stop_server)
        server = folder.start_server()
        stack = AirflowStack(folder.airflow_home(), folder.demo_environment(server))
        leaving.callback(stack.stop)
        leaving.callback(screen.say, "\nStopping Airflow and PostgreSQL ...")
        show = Demonstration(server, stack)
        firm = show.make_databases()
        show.start_airflow()
        show.sync_one()
        edits, before = show.between(firm)
        show.sync_two(edits)
        show.conflict(edits)
        show.proof(before)
        screen.heading("Times")
        for what, seconds in show.times.items():
            screen.say(f"{what:28}{seconds:6.1f} s")


def main() -> int:
    """Run it; gives the exit status."""
    interrupt_on_signals()
    try:
        tell()
    except KeyboardInterrupt:
        print("\nStopped. Nothing is left running.")
        return 130
    except (expectations.Broken, StackError, folder.FolderInUse) as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"\nThe demonstration failed: {error}\n{error.output or ''}", file=sys.stderr)
        return 1
    print("\nAll as promised; nothing is left running. `make ui` opens Airflow over these databases and both runs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
