"""The worker's side of load for a master elsewhere: proves that it is alike, fixes T0 on its own clock, and sends home what is recorded.

It shares no folder with its master. The engine writes into a folder of its own, and a greenlet beside it carries the files over.
"""

import logging
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import psutil
from gevent.event import Event
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import WorkerRunner

from locustfiles.distributed.build_fingerprint import BuildFingerprint, misplaced
from locustfiles.distributed.clock_sync import ClockOffset, ClockSync
from locustfiles.distributed.file_tail import file_tails
from locustfiles.distributed.master import DOWN, FLUSH_S, UP
from locustfiles.distributed.transfer import FileSender
from scenarios.errors import EXIT_OWN_FAULT, EXIT_USAGE, BadInput, StormdrillError
from scenarios.run.folder import FOLDERS, LEAST_FREE_BYTES, Plan, Run
from scenarios.run.handover import WAIT_VARIABLE, WORK_VARIABLE
from scenarios.target.operation_codec import compile_target
from scenarios.target.secrets import crowd_scope, redacted

_ANSWER_S = 20.0
_SILENT_S = 10.0
_PING_S = 0.25
_HELD_UP_S = 1.0
_FIRST_PINGS = 12
_FAREWELLS = 5
_STOPPED = "it was stopped on its own machine"

logger = logging.getLogger("stormdrill")


_met = Event()


def begin_alone() -> None:
    """Prepares a process that works for a master elsewhere, before it knows one.

    Our own sentences, and only those, reach the terminal as they are; and the process ends in bounded time where no master of Locust's
    answers, for Locust itself would try for five minutes.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    gevent.spawn(_give_up)


def _give_up() -> None:
    wait_s = max(_ANSWER_S, float(os.environ.get(WAIT_VARIABLE, "0")))
    if not _met.wait(wait_s):
        logger.error("stormdrill: something listens there, but no master answers, for %.0f s now", wait_s)
        shutil.rmtree(os.environ[WORK_VARIABLE], ignore_errors=True)
        os._exit(EXIT_OWN_FAULT)


class Remote:
    """This process, as its master elsewhere sees it."""

    def __init__(self, environment: Environment, folder: Path, stop: Callable[[], None]) -> None:
        """Makes itself known; `stop` ends the engine."""
        assert isinstance(environment.runner, WorkerRunner)  # noqa: S101 - asked by the caller
        _met.set()
        self._environment = environment
        self._runner = environment.runner
        self._stop = stop
        self.run = Run(folder / "run")
        self._folder = folder
        self._trips = ClockSync()
        self._gap = ClockOffset(0, 0)
        self._sender: FileSender | None = None
        self._plan: Plan | None = None
        self._heard_s = self._began_s = time.monotonic()
        self._answered = False
        self._fit = False
        self._halted = False
        self._done = False
        self._deaf = False  # the master is heard no more
        self._leaving = ""  # why, before its time
        self._build = BuildFingerprint.ours().told()
        self._farewell = Event()
        self._runner.register_message(DOWN, self._hear)
        hooks: Any = environment.events
        hooks.quitting.add_listener(self._quitting)
        self._life = gevent.spawn(self._live)

    def begin(self, order: dict[str, Any]) -> Run:
        """Makes the run folder of this process, with T0 on its own clock, and begins to follow it."""
        plan = Plan.model_validate_json(order["plan"])
        self._gap = self._trips.gap or self._gap
        self._say("clock", error_ms=round(self._gap.error_ms, 3), drift_ms=0.0)
        for name in FOLDERS:
            (self.run.folder / name).mkdir(parents=True)
        self._plan = plan.model_copy(update={"t0_monotonic_ns": plan.t0_monotonic_ns - self._gap.offset_ns})
        self.run.write_plan(self._plan)
        writer = f"load-{order['share'][0]}"
        self._sender = FileSender(file_tails(self.run, writer), lambda message: self._say("batch", **message))
        logger.info("stormdrill: working as %s of %d; T0 is known to %.2f ms", writer, plan.workers, self._gap.error_ms)
        return self.run

    def end(self, failure: str) -> int:
        """Sends the rest of the records, then that it has ended; gives the exit code."""
        assert self._sender is not None  # noqa: S101 - it has begun
        assert self._plan is not None  # noqa: S101 - as above
        failure = redacted(failure, self._plan.target) or self._leaving or self._cut_short()
        whole = not self._deaf and self._sender.finish(FLUSH_S)
        self._sender.close()
        self._tell_drift()
        failure = failure or ("" if whole else "the rest of its records could not be sent in time")
        self._take_leave(failure)
        if whole:
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            logger.error("stormdrill: what was recorded here stays in %s", self.run.folder)
        logger.info("stormdrill: %s", failure or "the work is done, and everything is at the master")
        return EXIT_OWN_FAULT if failure else 0

    def _cut_short(self) -> str:
        """Why the load ended before its time though the master had not ended it; empty where that is not so."""
        assert self._plan is not None  # noqa: S101 - it has begun
        end_ns = self._plan.t0_monotonic_ns + int(self._plan.scenario.lasts_s * 1e9)
        return "its load ended before its time" if not self._halted and time.monotonic_ns() < end_ns else ""

    def _tell_drift(self) -> None:
        if now := self._trips.gap:
            drift_ns = abs(now.offset_ns - self._gap.offset_ns)
            self._say("clock", error_ms=round(now.error_ms, 3), drift_ms=round(drift_ns / 1e6, 3))

    def _take_leave(self, failure: str) -> None:
        """Says that it has ended until the master has heard it. From then on it waits for the master's word to go, or for its silence."""
        self._done = True
        for _ in range(_FAREWELLS):
            self._say("ended", failure=failure)
            if self._deaf or self._farewell.wait(1.0):
                break
        if failure:
            gevent.spawn(self._runner.quit)

    def _live(self) -> None:
        """Says several times a second that it lives, which tells it the master's clock too; ends where the master is gone."""
        for number in (signal.SIGINT, signal.SIGTERM):  # here, for Locust has just set its own, which leaves records behind
            signal.signal(number, lambda *_: gevent.spawn(self._leave, _STOPPED, EXIT_OWN_FAULT))
        while not self._deaf:
            if not self._answered:
                self._say("hello", build=self._build, host=socket.gethostname(), pid=os.getpid(), cores=os.cpu_count())
            if self._fit and len(self._trips) >= _FIRST_PINGS and self._sender is None:
                self._say("ready")
            self._say("ping", sent_ns=time.monotonic_ns())
            slept_s = time.monotonic()
            gevent.sleep(_PING_S if len(self._trips) >= _FIRST_PINGS else _PING_S / 5)
            now_s = time.monotonic()
            if now_s - slept_s > _HELD_UP_S:
                self._heard_s = now_s  # this very process was held up: what the master said meanwhile is still to be read
            if not self._answered and now_s - self._began_s > _ANSWER_S:
                self._leave("a master of Locust's is there, but it is none of: stormdrill run --master", EXIT_OWN_FAULT)
            elif self._answered and now_s - self._heard_s > _SILENT_S:
                self._deaf = True
                self._leave(f"the master is gone: nothing was heard of it for {_SILENT_S:g} s", EXIT_OWN_FAULT)

    def _hear(self, msg: Any, **_facts: object) -> None:
        """The master's word."""
        self._heard_s = time.monotonic()
        facts = msg.data
        match facts["kind"]:
            case "pong":
                self._trips.add(facts["sent_ns"], facts["master_ns"], time.monotonic_ns())
            case "plan":
                self._consider(Plan.model_validate_json(facts["plan"]), facts["machine"])
            case "refused":
                self._leave(f"the master refuses this worker: {facts['reason']}", EXIT_USAGE)
            case "taken" if self._sender is not None:
                self._sender.acknowledged(facts["upto"])
            case "halt":
                self._halted = True
                self._leaving = self._leaving or facts["reason"]
                self._stop()
            case "farewell":
                self._farewell.set()

    def _consider(self, plan: Plan, where: str) -> None:
        """Looks whether this process can make its share of the load."""
        self._answered = True
        try:
            if elsewhere := misplaced(plan.pins, where):
                raise BadInput(elsewhere)
            compile_target(plan.target, {**plan.statics, **crowd_scope(plan.target)})
            free = psutil.disk_usage(str(self._folder)).free
            if free < LEAST_FREE_BYTES:
                raise BadInput(f"only {free // 1_000_000} MB are free in {self._folder}; a worker needs {LEAST_FREE_BYTES // 1_000_000} MB")
        except StormdrillError as error:
            reason = redacted(str(error), plan.target)
            self._say("unfit", reason=reason)
            self._leave(reason, error.exit_code)
        else:
            self._fit = True

    def _leave(self, reason: str, code: int) -> None:
        """Ends this process before its time: in order, with its engine, where one is under way."""
        if self._leaving:
            return
        self._leaving = reason
        if self._sender is not None and not self._done:
            self._stop()  # the end of the engine brings on the rest
            return
        if not self._done:
            logger.error("stormdrill: %s", reason)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._environment.process_exit_code = code
        gevent.spawn(self._runner.quit)

    def _quitting(self, **_facts: object) -> None:
        """Locust ends this process, by the master's word or ours."""
        if self._sender is None and not self._leaving:
            logger.error("stormdrill: the master ended before the run began")
            self._environment.process_exit_code = EXIT_OWN_FAULT
            shutil.rmtree(self._folder, ignore_errors=True)

    def _say(self, kind: str, **facts: object) -> None:
        """A word to the master; where it cannot be said now, it is said again or missed."""
        try:
            self._runner.send_message(UP, {"kind": kind, **facts})
        except RPCError as error:
            sys.stderr.write(f"stormdrill: the master is not reached: {error}\n")
