"""`make ui`: Airflow's web interface over the demo's databases, on this machine only, until Ctrl-C."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import ExitStack

from demo import folder, screen
from demo.airflow_api import StackError
from demo.airflow_stack import USER, AirflowStack
from demo.environment import DAG_ID, POOL, POOL_SLOTS, REPOSITORY, write_environment_file
from demo.firm import fill_desktop, make_cloud, make_firm
from demo.postgres import PostgresServer, free_port, server_binaries
from demo.processes import interrupt_on_signals

PORT = 8080


def port() -> int:
    """8080, or a free port when something listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return free_port()
    return PORT


def make_data(server: PostgresServer) -> None:
    """Fill the desktop and make the cloud's empty tables, if no `make demo` has done so."""
    if folder.has_firm(server):
        return
    rows = fill_desktop(server.uri("desktop"), make_firm())
    make_cloud(server.uri("cloud"))
    screen.say(f"No `make demo` has run here: made a desktop with {rows:,} rows and an empty cloud.")


def tell_how(server: PostgresServer, stack: AirflowStack) -> None:
    """Print where everything is."""
    commands = folder.FOLDER / "airflow.env"
    write_environment_file(commands, stack.environment)
    psql = server_binaries() / "psql"
    screen.heading("Airflow is up")
    screen.say(f"{stack.url}/dags/{DAG_ID}")
    screen.say(f"user {USER}, password {stack.password}\n\n")
    screen.say(f"the cloud:    {psql} {server.uri('cloud')}")
    screen.say(f"the desktop:  {psql} {server.uri('desktop')}")
    screen.say(f"commands:     . {commands} && {REPOSITORY}/.venv/bin/airflow dags trigger {DAG_ID}")
    screen.say(f"log:          {stack.process.log}\n\n")
    screen.say("Ctrl-C stops Airflow and PostgreSQL.")


def serve() -> None:
    """Start everything, wait until Airflow ends or Ctrl-C. Raises StackError, FolderInUse."""
    with ExitStack() as leaving:
        leaving.enter_context(folder.locked_folder())
        leaving.callback(folder.stop_server)
        server = folder.start_server()
        make_data(server)
        stack = AirflowStack(folder.airflow_home(), folder.demo_environment(server), port=port())
        leaving.callback(stack.stop)
        leaving.callback(screen.say, "\nStopping Airflow and PostgreSQL ...")
        screen.say("Airflow is starting: about half a minute.")
        stack.start()
        stack.make_pool(POOL, POOL_SLOTS)
        tell_how(server, stack)
        stack.process.wait()
        stack.check_alive()


def main() -> int:
    """Run it; gives the exit status."""
    interrupt_on_signals()
    try:
        serve()
    except KeyboardInterrupt:
        print("\nStopped. Nothing is left running.")
        return 0
    except (StackError, folder.FolderInUse) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"\n{error}\n{error.output or ''}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
