"""Locust as a master: makes no load itself, and sees its workers from their coming to their end."""

import logging
import os
import signal
import time
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from locustfiles.distributed.master import WorkerRegistry
from locustfiles.distributed.messages import CrowdFigures
from locustfiles.locust_adapter.parent_watch import watch_parent
from locustfiles.locust_adapter.run_source import RunSource
from scenarios.errors import EXIT_OWN_FAULT, StormdrillError
from scenarios.run.folder import Plan
from scenarios.run.handover import EXPECTED_WORKERS_VARIABLE

PROCESS = "master"
_POLL_S = 0.05
_ORPHANED_S = 0.5

logger = logging.getLogger("stormdrill")


class MasterRole:
    """This process from Locust's first word to its last."""

    crowd = CrowdFigures()
    """Its own; those of the workers come with their reports."""

    def __init__(self, environment: Environment, source: RunSource) -> None:
        """Takes its place in the environment; nothing has begun yet."""
        assert isinstance(environment.runner, MasterRunner)  # noqa: S101 - asked by the caller
        self._environment = environment
        self._runner = environment.runner
        self._source = source
        options: Any = environment.parsed_options
        elsewhere = os.environ.get(EXPECTED_WORKERS_VARIABLE)
        self._elsewhere = elsewhere is not None
        self._workers = WorkerRegistry(self._runner, int(elsewhere or options.expect_workers), elsewhere=self._elsewhere)
        self._plan: Plan | None = None
        self._main = gevent.getcurrent()
        self._stopping = False
        events: Any = environment.events
        events.test_start.add_listener(self._begin)
        events.test_stopping.add_listener(self._finish)
        if getattr(options, "headless", False):
            gevent.signal_handler(signal.SIGTERM, self.stop)  # Locust's own comes only after a shape has ended
        watch_parent(self._orphaned)
        if not source.by_itself:
            self._workers.show(source.prepared(0))

    @property
    def over(self) -> bool:
        """Whether the load has ended, or never will begin; or should have long ago."""
        return self._workers.over if self._plan else self._stopping

    def gather(self) -> None:
        """Waits until all workers are ready, says so, and waits for T0. Does nothing while a test goes on."""
        if self._plan is not None or self._stopping:
            return
        try:
            if self._source.by_itself:
                self._workers.expect(max(1, self._runner.worker_count))
                self._workers.show(self._source.prepared(max(1, self._runner.worker_count)))
            while not (self._workers.complete or self._stopping):
                self._check()
                gevent.sleep(_POLL_S)
            self._plan = None if self._stopping else self._source.t0(PROCESS, lambda: self._stopping)
        except StormdrillError as error:
            self._give_up(error)

    def _check(self) -> None:
        """Workers of this machine are all there from the first; where one cannot work, nobody will come instead. Raises StormdrillError."""
        if not self._elsewhere and self._workers.refused:
            raise StormdrillError(f"worker {self._workers.refused[0]}")

    def stop(self) -> None:
        """The load is to end now, in order; Locust ends when it has."""
        logger.info("stormdrill: told to stop")
        self._stopping = True
        self._workers.halt()
        if self._runner.shape_greenlet is None:  # Locust still waits for its first worker, and would for ever
            gevent.kill(self._main, SystemExit)

    def _begin(self, **_facts: object) -> None:
        """Locust's test begins."""
        self.gather()
        if self._plan is None:
            return
        self._environment.stats.total.start_time = time.time() + (self._plan.t0_monotonic_ns - time.monotonic_ns()) / 1e9
        if not self._source.by_itself:
            self._environment.process_exit_code = 0  # whoever is lost stands in the events, and failed requests are for the judge
        self._workers.begin(self._plan)

    def _finish(self, **_facts: object) -> None:
        """Locust's test is being stopped, at its end or before."""
        if self._plan is None:
            return
        self._plan = None
        self._workers.close()
        if self._source.by_itself and self._workers.failures:
            self._environment.process_exit_code = EXIT_OWN_FAULT
        self._source.ended(PROCESS, "; ".join(self._workers.failures), 0)

    def _give_up(self, error: StormdrillError) -> None:
        """One sentence instead of a traceback, and the end where nobody sits before a web page."""
        logger.error("stormdrill: %s", error)
        self._environment.process_exit_code = error.exit_code
        self._source.ended(PROCESS, str(error), error.exit_code)
        self._stopping = True

    def _orphaned(self) -> None:
        """The load ends at once; records that are still to come from elsewhere are waited for, as after any early end."""
        self._workers.halt()
        deadline = time.monotonic() + _ORPHANED_S
        while not self._workers.over and (self._elsewhere or time.monotonic() < deadline):
            gevent.sleep(_POLL_S)
        self._workers.close()
        self._runner.quit()
        os._exit(EXIT_OWN_FAULT)
