"""The worker's side of its master: says that it lives, sees the plan, says when it is ready, and begins its share when T0 is fixed."""

import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import WorkerRunner

from locustfiles.distributed.build_fingerprint import BuildFingerprint
from locustfiles.distributed.messages import (
    DOWN,
    UP,
    BadMessage,
    Begin,
    Ended,
    Farewell,
    FromMaster,
    FromWorker,
    Halt,
    Hello,
    Ready,
    Refused,
    ShowPlan,
    Unfit,
    encode,
    from_master,
)
from scenarios.errors import EXIT_OWN_FAULT, EXIT_USAGE, StormdrillError
from scenarios.run.folder import Plan, Run
from scenarios.target.secrets import redacted

PING_S = 0.25
_FAREWELLS = 5

logger = logging.getLogger("stormdrill")


@dataclass(frozen=True, slots=True)
class Share:
    """What a worker is to do: this run's arrivals i with i mod `workers` = `worker`; T0 is on this process's clock."""

    run: Run
    plan: Plan
    worker: int
    workers: int


class WorkerLink:
    """A worker's line to its master. What is to be done comes by the two functions that it is given."""

    build: BuildFingerprint | None = None

    def __init__(self, environment: Environment, prepare: Callable[[Plan], None], stop: Callable[[], None]) -> None:
        """`prepare` builds what does not need T0, and raises StormdrillError where that cannot be; `stop` ends the engine."""
        assert isinstance(environment.runner, WorkerRunner)  # noqa: S101 - asked by the caller
        self._environment = environment
        self._runner = environment.runner
        self._prepare = prepare
        self._stop = stop
        self.share: Share | None = None
        self._seen = ""  # the run whose plan it has seen
        self._ready = False
        self._ended = False
        self._farewell = Event()
        self._runner.register_message(DOWN, self._hear)

    def start(self) -> None:
        """Makes itself known, and goes on saying that it lives."""
        gevent.spawn(self._live)

    def end(self, failure: str) -> None:
        """The load has ended: says so until the master has heard it."""
        self._ended = True
        self._farewell.clear()
        for _ in range(_FAREWELLS):
            self._say(Ended(failure=failure))
            if self._lost_master() or self._farewell.wait(1.0):
                break

    def _live(self) -> None:
        while True:
            self._say_state()
            gevent.sleep(PING_S)

    def _say_state(self) -> None:
        if not self._seen:
            self._say(Hello(host=socket.gethostname(), pid=os.getpid(), cores=os.cpu_count() or 1, build=self.build))
        if self._ready and self.share is None:
            self._say(Ready())

    def _lost_master(self) -> bool:
        """Whether nobody hears any more."""
        return False

    def _hear(self, msg: Any, **_facts: object) -> None:
        """The master's word."""
        try:
            message = from_master(msg.data)
        except BadMessage as error:
            self._leave(f"the master is not understood: {error}", EXIT_OWN_FAULT)
            return
        self._heed(message)

    def _heed(self, message: FromMaster) -> None:
        match message:
            case ShowPlan(plan=plan, machine=machine) if plan.run != self._seen:
                self._seen, self._ready, self._ended, self.share = plan.run, False, False, None
                gevent.spawn(self._consider, plan, machine)  # the crowd takes a while, and pings go on meanwhile
            case Begin() if self.share is None:
                self.share = self._take_share(message)
            case Refused(reason=reason):
                self._leave(f"the master refuses this worker: {reason}", EXIT_USAGE)
            case Halt():
                self._stop()
            case Farewell():
                self._farewell.set()

    def _take_share(self, begin: Begin) -> Share:
        return Share(Run(Path(begin.folder)), begin.plan, begin.worker, begin.workers)

    def _consider(self, plan: Plan, machine: str) -> None:
        """Builds what does not need T0, if this process can make its share of the load."""
        try:
            self._check(plan, machine)
            self._prepare(plan)
        except StormdrillError as error:
            reason = redacted(str(error), plan.target)
            self._say(Unfit(reason=reason))
            self._leave(reason, error.exit_code)
        else:
            self._ready = True

    def _check(self, plan: Plan, machine: str) -> None:
        """Raises BadInput where the target must not be loaded from here."""

    def _leave(self, reason: str, code: int) -> None:
        """Ends this process before its time."""
        logger.error("stormdrill: %s", reason)
        self._environment.process_exit_code = code
        gevent.spawn(self._runner.quit)

    def _say(self, message: FromWorker) -> None:
        """A word to the master; where it cannot be said now, it is said again or missed."""
        try:
            self._runner.send_message(UP, encode(message))
        except RPCError as error:
            sys.stderr.write(f"stormdrill: the master is not reached: {error}\n")
