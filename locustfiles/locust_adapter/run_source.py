"""Where a load process's run comes from: the door has prepared it and fixes its T0, or Locust was started by itself and makes its own."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import gevent
from locust.env import Environment

from locustfiles.locust_adapter.standalone import StandaloneOptions, make_run, open_campaign
from scenarios.errors import StormdrillError
from scenarios.run.folder import Plan, Run, open_run
from scenarios.run.handover import RUN_VARIABLE, ProcessStage, ProcessState, write_state

_POLL_S = 0.05

logger = logging.getLogger("stormdrill")


class RunSource(Protocol):
    """Gives a run, and fixes its T0 when those who make its load are ready."""

    by_itself: bool
    """Whether there is no door, whose judge would look at failed requests."""

    def prepared(self, workers: int) -> Run:
        """A run whose people are known to the target. Raises StormdrillError."""

    def t0(self, process: str, gone: Callable[[], bool]) -> Plan | None:
        """Says that this process is ready; gives the plan with its T0 as soon as that is fixed, None where `gone` says not to wait."""

    def ended(self, process: str, failure: str, exit_code: int) -> None:
        """Says how the process's work has ended."""


class DoorsRun:
    """The run that the door has prepared: STORMDRILL_RUN."""

    by_itself = False

    def __init__(self, folder: Path) -> None:
        """Raises BadInput where that is no run folder."""
        self._run = open_run(folder)

    def prepared(self, workers: int) -> Run:  # noqa: ARG002 - the door has planned for so many
        """It."""
        return self._run

    def t0(self, process: str, gone: Callable[[], bool]) -> Plan | None:
        """The door writes T0 into the plan."""
        write_state(self._run, process, ProcessState(stage=ProcessStage.READY))
        while not gone():
            plan = self._run.plan()
            if plan.t0_monotonic_ns:
                return plan
            gevent.sleep(_POLL_S)
        return None

    def ended(self, process: str, failure: str, exit_code: int) -> None:
        """The door reads it."""
        write_state(self._run, process, ProcessState(stage=ProcessStage.ENDED, failure=failure, exit_code=exit_code))


class OwnRun:
    """A run of Locust's own, on a world that is up, as its command line asks for it."""

    by_itself = True

    def __init__(self, environment: Environment) -> None:
        """Reads the options when the run is made: a user of the web page may have changed them."""
        self._environment = environment
        self._made: tuple[Run, Plan] | None = None

    def prepared(self, workers: int) -> Run:
        """A new one."""
        options: Any = self._environment.parsed_options
        topology = Path(options.topology) if options.topology else None
        seed = int(options.seed) if options.seed not in (None, "") else None
        asked = StandaloneOptions(options.scenario, options.target, seed, Path(options.run_out), topology)
        self._made = make_run(asked, workers)
        logger.info("stormdrill: the run folder is %s", self._made[0].folder)
        return self._made[0]

    def t0(self, process: str, gone: Callable[[], bool]) -> Plan | None:  # noqa: ARG002 - nobody else waits for it
        """Now, or a little later."""
        if self._made is None:
            raise StormdrillError("there is no run whose T0 could be fixed")
        return open_campaign(*self._made)

    def ended(self, process: str, failure: str, exit_code: int) -> None:
        """Nobody asks."""


def run_source(environment: Environment) -> RunSource:
    """The door's, where there is one. Raises BadInput where its folder is none."""
    folder = os.environ.get(RUN_VARIABLE)
    return DoorsRun(Path(folder)) if folder else OwnRun(environment)
