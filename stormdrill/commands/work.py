"""Works for a master on another machine: finds it, and becomes the Locust worker that it commands."""

import os
import socket
import sys
import tempfile
import time
from typing import Annotated, NoReturn

import typer

from scenarios.errors import BadInput, StormdrillError
from scenarios.plugins import PATH_VARIABLE, PROJECT, roots
from scenarios.run.handover import WAIT_VARIABLE, WORK_VARIABLE
from stormdrill.commands.shared import MOST_WAIT_S
from stormdrill.rehearsal.load_processes import CAMPAIGN
from stormdrill.rehearsal.plugin_check import check_journeys

_TRY_S = 3.0
_BETWEEN_S = 0.5


def work(
    *,
    master_host: Annotated[str, typer.Option(help="where stormdrill run --master runs")],
    master_port: Annotated[int, typer.Option(min=1, max=65535)] = 5557,
    wait: Annotated[float, typer.Option(min=1, max=MOST_WAIT_S, help="seconds that the master has to appear")] = 300,
) -> None:
    """Make a share of the load of a master on another machine; ends with its run."""
    check_journeys()
    _become_worker(master_host, master_port, wait)


def _become_worker(host: str, port: int, wait_s: float) -> NoReturn:
    """Waits until somebody listens there, then becomes the worker; it ends by itself with the master's run.

    Raises:
        BadInput: the host's name is unknown, or a folder of the user's own is not there.
        StormdrillError: nobody listens there in time.
    """
    own = [str(folder) for folder in roots() if folder != PROJECT]
    left_s = _await(host, port, wait_s)
    folder = tempfile.mkdtemp(prefix="stormdrill-work-")
    command = [sys.executable, "-m", "locust", "-f", str(CAMPAIGN), "--headless", "--skip-log-setup"]
    command += ["--worker", "--master-host", host, "--master-port", str(port)]
    os.chdir(folder)  # no configuration of Locust's lies there
    ours = {WORK_VARIABLE: folder, WAIT_VARIABLE: f"{left_s:.0f}", PATH_VARIABLE: os.pathsep.join(own)}
    os.execve(sys.executable, command, os.environ | ours)  # noqa: S606 - becomes it


def _await(host: str, port: int, wait_s: float) -> float:
    """Waits until somebody listens there; gives the seconds that are left."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            with socket.create_connection((host, port), timeout=min(_TRY_S, wait_s)):
                return deadline - time.monotonic()
        except (socket.gaierror, UnicodeError):  # the second, where it can be nobody's name
            raise BadInput(f"the master's host {host!r} is not known") from None
        except OSError as error:
            if time.monotonic() > deadline:
                raise StormdrillError(
                    f"no master listens on {host}:{port} ({error.strerror or 'no answer'}), for {wait_s:g} s now"
                ) from None
        time.sleep(_BETWEEN_S)
