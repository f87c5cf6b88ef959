"""Locust as one process: makes the whole load by itself."""

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.pool import Group
from locust.env import Environment

from locustfiles.distributed.messages import CrowdFigures
from locustfiles.locust_adapter.engine_thread import EngineThread
from locustfiles.locust_adapter.parent_watch import watch_parent
from locustfiles.locust_adapter.run_source import RunSource
from scenarios.errors import EXIT_OWN_FAULT, StormdrillError
from scenarios.run.folder import Plan, Run

PROCESS = "load-0"

logger = logging.getLogger("stormdrill")


class _UsersAndCustomers(Group):  # type: ignore[misc]  # gevent has no types
    """Locust's group of users, whose length is its count of them: customers on their journeys are users too."""

    def __init__(self, customers: Callable[[], int]) -> None:
        super().__init__()
        self._customers = customers

    def __len__(self) -> int:
        return int(super().__len__()) + self._customers()


class LocalRole:
    """This process from Locust's first word to its last."""

    def __init__(self, environment: Environment, source: RunSource) -> None:
        """Takes its place in the environment; nothing has begun yet."""
        self._environment = environment
        self._source = source
        self._thread: EngineThread | None = None
        self._run: Run | None = None
        self._plan: Plan | None = None
        self._stopped: list[EngineThread] = []
        self._stopping = False
        assert environment.runner is not None  # noqa: S101 - Locust has just made it
        environment.runner.user_greenlets = _UsersAndCustomers(lambda: self.crowd.customers)
        events: Any = environment.events
        events.test_start.add_listener(self._begin)
        events.test_stopping.add_listener(self._finish)
        events.test_stop.add_listener(self._close)
        if getattr(environment.parsed_options, "headless", False):
            gevent.signal_handler(signal.SIGTERM, self.stop)  # Locust's own comes only after a shape has ended
        watch_parent(self._orphaned)

    @property
    def crowd(self) -> CrowdFigures:
        """The crowd of this process."""
        return self._thread.crowd if self._thread else CrowdFigures()

    @property
    def over(self) -> bool:
        """Whether the load has ended, or never will begin."""
        return self._thread.ended if self._thread and self._plan else self._stopping

    def gather(self) -> None:
        """Builds what does not need T0, says so, and waits for it. Does nothing while a test goes on."""
        if self._thread is not None or self._stopping:
            return
        try:
            self._run = self._source.prepared(1)
            self._thread = EngineThread(self._environment, self._run.plan())
            self._thread.wait()
            self._plan = self._source.t0(PROCESS, lambda: self._stopping)
        except StormdrillError as error:
            self._give_up(error)

    def stop(self) -> None:
        """The load is to end now, in order; Locust ends when it has."""
        logger.info("stormdrill: told to stop")
        self._stopping = True
        if self._thread is not None:
            self._thread.stop()

    def _begin(self, **_facts: object) -> None:
        """Locust's test begins."""
        self.gather()
        if self._thread is None or self._run is None or self._plan is None:
            return
        self._environment.stats.total.start_time = time.time() + (self._plan.t0_monotonic_ns - time.monotonic_ns()) / 1e9
        try:
            self._thread.begin(self._run, self._plan, 0, 1)
        except StormdrillError as error:
            self._give_up(error)
            return
        gevent.spawn(self._follow, self._thread)

    def _follow(self, thread: EngineThread) -> None:
        """Says how the load has ended to whoever waits for it."""
        failure = thread.join()
        if failure or not self._source.by_itself:
            self._environment.process_exit_code = EXIT_OWN_FAULT if failure else 0  # failed requests are for the judge to judge
        self._source.ended(PROCESS, failure, EXIT_OWN_FAULT if failure else 0)

    def _finish(self, **_facts: object) -> None:
        """Locust's test is being stopped, at its end or before."""
        thread, self._thread, self._plan = self._thread, None, None
        if thread is not None:
            thread.finish()
            self._stopped.append(thread)

    def _close(self, **_facts: object) -> None:
        """Locust has stopped its users as well; another test may begin."""
        while self._stopped:
            self._stopped.pop().close()

    def _give_up(self, error: StormdrillError) -> None:
        """One sentence instead of a traceback, and the end where nobody sits before a web page."""
        logger.error("stormdrill: %s", error)
        self._environment.process_exit_code = error.exit_code
        self._source.ended(PROCESS, str(error), error.exit_code)
        self._stopping = True

    def _orphaned(self) -> None:
        if self._thread is not None:
            self._thread.abandon()
        os._exit(EXIT_OWN_FAULT)
