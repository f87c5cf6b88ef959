"""The line of a worker on another machine, which shares nothing with its master.

It proves that it is alike, fixes T0 on its own clock, lets the engine write into a folder of its own, and a greenlet beside it carries
the files over.
"""

import logging
import math
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import gevent
import psutil
from gevent.event import Event
from locust.env import Environment

from locustfiles.distributed.build_fingerprint import BuildFingerprint, misplaced
from locustfiles.distributed.clock_sync import ClockOffset, ClockSync
from locustfiles.distributed.file_tail import file_tails
from locustfiles.distributed.master import FLUSH_S
from locustfiles.distributed.messages import Begin, ClockError, FromMaster, Halt, Ping, Pong, Taken
from locustfiles.distributed.transfer import FileSender
from locustfiles.distributed.worker import PING_S, Share, WorkerLink
from scenarios.errors import EXIT_OWN_FAULT, BadInput
from scenarios.run.folder import FOLDERS, LEAST_FREE_BYTES, Plan, Run
from scenarios.run.handover import WAIT_VARIABLE, WORK_VARIABLE
from scenarios.target.operation_codec import compile_target
from scenarios.target.secrets import crowd_scope, redacted

_ANSWER_S = 20.0
_SILENT_S = 10.0
_SUSPICIOUS_S = 0.4
_HELD_UP_S = 1.0
_PROBE_S = 0.3
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


class _Reached(Enum):
    """What a fresh connection to the master's port comes to."""

    ANSWERED = "a master is there"
    REFUSED = "nobody listens on its port any more"
    CLOSED = "its port closes every connection"  # a tunnel to nobody, or a broken way
    SILENT = "nothing comes"  # it stands still, or the way is cut


_GONE_AFTER_S = {_Reached.REFUSED: 0.2, _Reached.CLOSED: 3.0}
"""How long that must last until the master is taken for gone; what else there is ends with its silence."""


def _reach(host: str, port: int) -> _Reached:
    """Whether a master is there: one that lives greets whoever connects."""
    try:
        with socket.create_connection((host, port), timeout=_PROBE_S) as probe:
            return _Reached.ANSWERED if probe.recv(1) else _Reached.CLOSED
    except ConnectionRefusedError:
        return _Reached.REFUSED
    except ConnectionError:
        return _Reached.CLOSED
    except OSError:
        return _Reached.SILENT


class RemoteWorkerLink(WorkerLink):
    """The line to a master on another machine."""

    def __init__(self, environment: Environment, folder: Path, prepare: Callable[[Plan], None], stop: Callable[[], None]) -> None:
        """`folder` is this process's own, and gone when all that was recorded is at the master."""
        super().__init__(environment, prepare, stop)
        _met.set()
        self.build = BuildFingerprint.ours()
        self.run = Run(folder / "run")
        self._folder = folder
        self._clock = ClockSync()
        self._offset = ClockOffset(0, 0)
        self._sender: FileSender | None = None
        self._plan: Plan | None = None
        self._heard_s = self._began_s = time.monotonic()
        self._found: tuple[_Reached, float] = (_Reached.ANSWERED, 0.0)  # on the master's port while it is silent, and since when
        self._halted = False
        self._deaf = False  # the master is heard no more
        self._leaving = ""  # why, before its time
        hooks: Any = environment.events
        hooks.quitting.add_listener(self._quitting)

    def _check(self, plan: Plan, machine: str) -> None:
        if elsewhere := misplaced(plan.pins, machine):
            raise BadInput(elsewhere)
        compile_target(plan.target, {**plan.statics, **crowd_scope(plan.target)})
        free = psutil.disk_usage(str(self._folder)).free
        if free < LEAST_FREE_BYTES:
            raise BadInput(f"only {free // 1_000_000} MB are free in {self._folder}; a worker needs {LEAST_FREE_BYTES // 1_000_000} MB")

    def _take_share(self, begin: Begin) -> Share:
        """Makes the run folder of this process, with T0 on its own clock, and begins to follow it."""
        plan = begin.plan
        self._offset = self._clock.offset or self._offset
        self._say(ClockError(error_ms=round(self._offset.error_ms, 3), drift_ms=0.0))
        for name in FOLDERS:
            (self.run.folder / name).mkdir(parents=True)
        self._plan = plan.model_copy(update={"t0_monotonic_ns": plan.t0_monotonic_ns - self._offset.offset_ns})
        self.run.write_plan(self._plan)
        writer = f"load-{begin.worker}"
        self._sender = FileSender(file_tails(self.run, writer), self._say)
        logger.info("stormdrill: working as %s of %d; T0 is known to %.2f ms", writer, plan.workers, self._offset.error_ms)
        return Share(self.run, self._plan, begin.worker, begin.workers)

    def end(self, failure: str) -> None:
        """Sends the rest of the records, then that it has ended."""
        assert self._sender is not None  # noqa: S101 - it has begun
        assert self._plan is not None  # noqa: S101 - as above
        failure = redacted(failure, self._plan.target) or self._leaving or self._cut_short()
        whole = not self._deaf and self._sender.finish(FLUSH_S)
        self._sender.close()
        self._tell_drift()
        failure = failure or ("" if whole else "the rest of its records could not be sent in time")
        super().end(failure)
        if whole:
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            logger.error("stormdrill: what was recorded here stays in %s", self.run.folder)
        logger.info("stormdrill: %s", failure or "the work is done, and everything is at the master")
        self._environment.process_exit_code = EXIT_OWN_FAULT if failure else 0
        if failure:
            gevent.spawn(self._runner.quit)

    def _cut_short(self) -> str:
        """Why the load ended before its time though the master had not ended it; empty where that is not so."""
        assert self._plan is not None  # noqa: S101 - it has begun
        end_ns = self._plan.t0_monotonic_ns + int(self._plan.scenario.lasts_s * 1e9)
        return "its load ended before its time" if not self._halted and time.monotonic_ns() < end_ns else ""

    def _tell_drift(self) -> None:
        if now := self._clock.offset:
            drift_ns = abs(now.offset_ns - self._offset.offset_ns)
            self._say(ClockError(error_ms=round(now.error_ms, 3), drift_ms=round(drift_ns / 1e6, 3)))

    def _live(self) -> None:
        """Says several times a second that it lives, which tells it the master's clock too; ends where the master is gone."""
        for number in (signal.SIGINT, signal.SIGTERM):  # here, for Locust has just set its own, which leaves records behind
            signal.signal(number, lambda *_: gevent.spawn(self._leave, _STOPPED, EXIT_OWN_FAULT))
        while not self._deaf:
            self._say_state()
            self._say(Ping(sent_ns=time.monotonic_ns()))
            slept_s = time.monotonic()
            gevent.sleep(PING_S if self._clock.settled and slept_s - self._heard_s < _SUSPICIOUS_S else PING_S / 5)
            now_s = time.monotonic()
            if now_s - slept_s > _HELD_UP_S:
                self._heard_s = now_s  # this very process was held up: what the master said meanwhile is still to be read
            if not self._seen and now_s - self._began_s > _ANSWER_S:
                self._leave("a master of Locust's is there, but it is none of: stormdrill run --master", EXIT_OWN_FAULT)
            elif self._seen and (gone := self._gone(now_s)):
                self._deaf = True
                self._leave(f"the master is gone: {gone}", EXIT_OWN_FAULT)

    def _say_state(self) -> None:
        if self._ready and not self._clock.settled:
            return  # the master's clock is not known well enough
        super()._say_state()

    def _gone(self, now_s: float) -> str:
        """Why the master is taken for gone, empty where it is not. One that died is known at once; one that is silent may come back."""
        if now_s - self._heard_s > _SILENT_S:
            return f"nothing was heard of it for {_SILENT_S:g} s"
        if now_s - self._heard_s < _SUSPICIOUS_S:
            return ""
        found = _reach(self._runner.master_host, self._runner.master_port)
        if found is not self._found[0]:
            self._found = found, now_s
        return found.value if now_s - self._found[1] > _GONE_AFTER_S.get(found, math.inf) else ""

    def _lost_master(self) -> bool:
        return self._deaf

    def _hear(self, msg: Any, **facts: object) -> None:
        self._heard_s, self._found = time.monotonic(), (_Reached.ANSWERED, 0.0)
        super()._hear(msg, **facts)

    def _heed(self, message: FromMaster) -> None:
        match message:
            case Pong(sent_ns=sent_ns, master_ns=master_ns):
                self._clock.add(sent_ns, master_ns, time.monotonic_ns())
            case Taken(upto=upto) if self._sender is not None:
                self._sender.acknowledged(upto)
            case Halt(reason=reason):
                self._halted = True
                self._leaving = self._leaving or reason
                self._stop()
            case _:
                super()._heed(message)

    def _leave(self, reason: str, code: int) -> None:
        """Ends this process before its time: in order, with its engine, where one is under way."""
        if self._leaving:
            return
        self._leaving = reason
        if self._sender is not None and not self._ended:
            self._stop()  # the end of the engine brings on the rest
            return
        if not self._ended:
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
