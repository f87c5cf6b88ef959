"""The master's side of its workers: admits them, tells them their share, takes records in from elsewhere, and names whoever is lost."""

import logging
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any

import gevent
import psutil
from locust.exception import RPCError
from locust.runners import MasterRunner

from locustfiles.distributed.build_fingerprint import BuildFingerprint, difference, machine
from locustfiles.distributed.messages import (
    DOWN,
    UP,
    BadMessage,
    Begin,
    ClockError,
    Ended,
    Farewell,
    FileBatch,
    FromMaster,
    FromWorker,
    Halt,
    Hello,
    Ping,
    Pong,
    Ready,
    Refused,
    ShowPlan,
    Taken,
    Unfit,
    encode,
    from_worker,
)
from locustfiles.distributed.transfer import FileReceiver
from scenarios.errors import BadInput
from scenarios.run.event_kinds import LoadClock, LoadJoined, LoadLost
from scenarios.run.events import EventWriter
from scenarios.run.facts import Facts
from scenarios.run.folder import Plan, Run
from scenarios.run.worker_roster import WorkerRoster, write_roster

SILENT_S = 3.0
_BUILDING_SILENT_S = 15.0
"""Before T0 a worker may be silent for longer: its one interpreter builds the crowd, and settles its memory."""

FLUSH_S = 30.0
"""How long workers may take to send the rest of their records."""

_HALT_S = 12.0
_POLL_S = 0.25
_HELD_UP_S = 1.0

logger = logging.getLogger("stormdrill")


class WorkerStage(Enum):
    """How far a worker has come."""

    GREETED = "greeted"  # it may not have seen the plan yet
    READY = "ready"
    WORKING = "working"
    ENDED = "ended"
    LOST = "lost"


@dataclass(eq=False)
class Worker:
    """A worker that was admitted."""

    client: str
    host: str
    process: psutil.Process | None  # of one on this machine
    cores: int
    heard_s: float
    stage: WorkerStage = WorkerStage.GREETED
    writer: str = ""
    receiver: FileReceiver | None = None  # of one elsewhere


class WorkerRegistry:
    """All workers of one run. Lives in the master's one thread."""

    def __init__(self, runner: MasterRunner, expected: int, *, elsewhere: bool) -> None:
        """Listens from now on. Workers `elsewhere` have folders and clocks of their own; others share this machine's."""
        self._runner = runner
        self._expected = expected
        self._elsewhere = elsewhere
        self._build = BuildFingerprint.ours() if elsewhere else None
        self._run: Run | None = None
        self._workers: dict[str, Worker] = {}
        self._away: dict[str, Worker] = {}  # silent before the run; a machine that is slow may wake them
        self._refused: list[str] = []
        self._turned_away: set[str] = set()
        self._events: EventWriter | None = None
        self._begun = False
        self._halted = False
        self._deadline_s = float("inf")
        self._t0_s = float("inf")
        runner.register_message(UP, self._hear)
        gevent.spawn(self._watch)

    @property
    def complete(self) -> bool:
        """Whether all that are expected are ready."""
        return len(self._of(WorkerStage.READY)) >= self._expected

    @property
    def over(self) -> bool:
        """Whether nothing more is to be waited for."""
        if not self._begun:
            return self._halted
        return not self._of(WorkerStage.WORKING) or time.monotonic() > self._deadline_s

    @property
    def failures(self) -> list[str]:
        """Who is lost."""
        return [f"{worker.writer} on {worker.host} was lost" for worker in self._of(WorkerStage.LOST)]

    @property
    def refused(self) -> list[str]:
        """Who was not taken, and why: a sentence's part each."""
        return self._refused

    def expect(self, workers: int) -> None:
        """So many are waited for, from now on."""
        self._expected = workers

    def show(self, run: Run) -> None:
        """Shows a run's plan to the workers, to those who are still to come too; whoever has worked on another is free again."""
        self._run = run
        self._begun = self._halted = False
        self._deadline_s = self._t0_s = float("inf")
        self._enter()
        for worker in self._away.values():
            worker.stage = WorkerStage.GREETED
        for worker in self._workers.values():
            if worker.stage is not WorkerStage.LOST:
                worker.stage = WorkerStage.GREETED
                self._show_plan(worker)

    def begin(self, plan: Plan) -> None:
        """Tells each worker its share; T0 is fixed."""
        assert self._run is not None  # noqa: S101 - it was shown before
        self._begun = True
        self._events = self._run.event_writer("master", plan.t0_monotonic_ns)
        self._t0_s = plan.t0_monotonic_ns / 1e9
        self._deadline_s = self._t0_s + plan.scenario.lasts_s + plan.scenario.drain + FLUSH_S
        folder = "" if self._elsewhere else str(self._run.folder)
        ready = self._of(WorkerStage.READY)[: self._expected]
        for number, worker in enumerate(ready):
            worker.stage, worker.writer = WorkerStage.WORKING, f"load-{number}"
            if self._elsewhere:
                worker.receiver = FileReceiver(self._run, worker.writer)
                self._tell(LoadJoined(process=worker.writer, host=worker.host, cores=worker.cores))
            self._say(worker.client, Begin(plan=plan, worker=number, workers=plan.workers, folder=folder))
        for worker in [*self._of(WorkerStage.GREETED), *self._of(WorkerStage.READY)]:
            self._refuse(worker.client, worker.host, "the run has begun without it")
        for number in range(len(ready), plan.workers):
            self._tell(LoadLost(process=f"load-{number}", reason="it was gone before it had its share"))
        self._enter()

    def halt(self) -> None:
        """Ends the load now; the workers still send what they have."""
        self._halted = True
        self._deadline_s = min(self._deadline_s, time.monotonic() + _HALT_S)
        for worker in self._of(WorkerStage.WORKING):
            self._say(worker.client, Halt(reason=""))

    def close(self) -> None:
        """Ends the files. Whoever has not said that it ended is lost."""
        for worker in self._of(WorkerStage.WORKING):
            self._lose(worker, "it did not send the rest of its records in time")
        for worker in self._workers.values():
            if worker.receiver:
                worker.receiver.close()
        if self._events:
            self._events.close()
            self._events = None

    def _of(self, stage: WorkerStage) -> list[Worker]:
        return [worker for worker in self._workers.values() if worker.stage is stage]

    def _hear(self, msg: Any, **_facts: object) -> None:
        """A worker's word."""
        client = str(msg.node_id)
        worker = self._workers.get(client) or self._back(client)
        try:
            message = from_worker(msg.data)
        except BadMessage as error:
            self._misunderstood(client, worker, str(error))
            return
        if worker is not None:
            worker.heard_s = time.monotonic()
            self._heed(worker, message)
        elif isinstance(message, Hello) and client not in self._turned_away:
            self._greet(client, message)

    def _back(self, client: str) -> Worker | None:
        """One who was taken for gone before the run and speaks again: as far as it was, where there is still room for it."""
        worker = self._away.pop(client, None)
        if worker is None:
            return None
        if reason := self._not_wanted():
            self._refuse(client, worker.host, reason)
            return None
        logger.info("stormdrill: worker %s is back", worker.host)
        self._workers[client] = worker
        if worker.stage is WorkerStage.GREETED:
            self._show_plan(worker)
        self._enter()
        return worker

    def _not_wanted(self) -> str:
        """Why no worker is taken any more; empty where there is room."""
        if self._begun or self._halted:
            return "the run has begun already"
        present = len(self._of(WorkerStage.READY)) + len(self._of(WorkerStage.GREETED))
        return f"the master has its {self._expected} workers already" if present >= self._expected else ""

    def _misunderstood(self, client: str, worker: Worker | None, why: str) -> None:
        """Whoever cannot be understood is lost where it works already, else refused."""
        if worker is not None and worker.stage not in (WorkerStage.GREETED, WorkerStage.READY):
            self._lose(worker, why)
        elif client not in self._turned_away:
            self._refuse(client, worker.host if worker else "of another kind", why)

    def _heed(self, worker: Worker, message: FromWorker) -> None:
        match message:
            case Hello():
                self._show_plan(worker)
            case Ping(sent_ns=sent_ns):
                self._say(worker.client, Pong(sent_ns=sent_ns, master_ns=time.monotonic_ns()))
            case Ready() if worker.stage is WorkerStage.GREETED:
                worker.stage = WorkerStage.READY
                self._enter()
            case Unfit(reason=reason):
                self._refuse(worker.client, worker.host, reason)
            case FileBatch():
                self._take(worker, message)
            case ClockError(error_ms=error_ms, drift_ms=drift_ms):
                self._tell(LoadClock(process=worker.writer, host=worker.host, error_ms=error_ms, drift_ms=drift_ms))
            case Ended(failure=failure):
                self._end(worker, failure)

    def _greet(self, client: str, hello: Hello) -> None:
        """Somebody new: admits it, or says why not."""
        host = f"{hello.host} (process {hello.pid})"
        unlike = difference(self._build, hello.build) if self._build else ""
        process = None if self._elsewhere else _process(hello.pid)
        if unlike:
            self._refuse(client, host, unlike)
        elif process is None and not self._elsewhere:
            self._refuse(client, host, "it is not on the master's machine; use: stormdrill run --master")
        elif reason := self._not_wanted():
            self._refuse(client, host, reason)
        else:
            worker = self._workers[client] = Worker(client, host, process, hello.cores, time.monotonic())
            self._show_plan(worker)

    def _show_plan(self, worker: Worker) -> None:
        if self._run is not None:
            self._say(worker.client, ShowPlan(plan=self._run.plan(), machine=machine()))

    def _refuse(self, client: str, host: str, reason: str) -> None:
        """Says so to the worker and here, and forgets it: to Locust's count it must not belong."""
        logger.error("stormdrill: worker %s is refused: %s", host, reason)
        self._refused.append(f"{host} is refused: {reason}")
        self._say(client, Refused(reason=reason))
        self._turned_away.add(client)
        self._workers.pop(client, None)
        if client in self._runner.clients:
            del self._runner.clients[client]
        self._enter()

    def _take(self, worker: Worker, batch: FileBatch) -> None:
        if worker.receiver is None:
            return
        try:
            self._say(worker.client, Taken(upto=worker.receiver.take(batch)))
        except (BadInput, OSError) as error:
            self._lose(worker, f"its records cannot be written: {error}")

    def _end(self, worker: Worker, failure: str) -> None:
        """A worker has ended its work and sent all of it, or says what went wrong."""
        if worker.stage is WorkerStage.WORKING and failure:
            self._lose(worker, failure)
        elif worker.stage is WorkerStage.WORKING:
            worker.stage = WorkerStage.ENDED
        self._say(worker.client, Farewell())

    def _watch(self) -> None:
        """Finds out who is gone. Where this very process was held up, nobody is to blame for silence."""
        last_s = time.monotonic()
        while True:
            gevent.sleep(_POLL_S)
            now_s = time.monotonic()
            if now_s - last_s > _HELD_UP_S:
                for worker in self._workers.values():
                    worker.heard_s = now_s
            last_s = now_s
            for worker in list(self._workers.values()):
                gone = self._gone(worker, now_s)
                if gone and worker.stage is WorkerStage.WORKING:
                    self._lose(worker, gone)
                elif gone and not self._begun:
                    logger.warning("stormdrill: worker %s is gone before the run", worker.host)
                    self._away[worker.client] = self._workers.pop(worker.client)
                    self._enter()

    def _gone(self, worker: Worker, now_s: float) -> str:
        """Why a worker is taken for gone, empty where it is not. One that is here may be busy for as long as it likes."""
        if worker.process is not None:
            return "" if _lives(worker.process) else "its process died"
        limit_s = SILENT_S if now_s > self._t0_s or not self._begun else _BUILDING_SILENT_S
        return f"nothing was heard of it for {limit_s:g} s" if now_s - worker.heard_s > limit_s else ""

    def _lose(self, worker: Worker, reason: str) -> None:
        """A worker that makes no load any more."""
        if worker.stage is WorkerStage.LOST:
            return
        worker.stage = WorkerStage.LOST
        logger.error("stormdrill: worker %s (%s) is lost: %s", worker.writer, worker.host, reason)
        self._tell(LoadLost(process=worker.writer, host=worker.host, reason=reason))
        self._say(worker.client, Halt(reason=f"the master has given this worker up: {reason}"))
        self._enter()

    def _tell(self, facts: Facts) -> None:
        if self._events:
            self._events.write(facts, time.monotonic_ns())

    def _say(self, client: str, message: FromMaster) -> None:
        """A word to one worker; where it cannot be said, the worker will be silent too."""
        try:
            self._runner.send_message(DOWN, encode(message), client_id=client)
        except RPCError as error:
            logger.warning("stormdrill: a worker is not reached: %s", error)

    def _enter(self) -> None:
        """Writes down who is there."""
        if self._run is None:
            return
        present = [worker for worker in self._workers.values() if worker.stage not in (WorkerStage.GREETED, WorkerStage.LOST)]
        there = [f"{worker.writer} {worker.host}".strip() for worker in present]
        lost = [f"{worker.writer} {worker.host}" for worker in self._of(WorkerStage.LOST)]
        write_roster(self._run, WorkerRoster(expected=self._expected, there=there, refused=self._refused, lost=lost))


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _lives(process: psutil.Process) -> bool:
    """Whether it still works: it is there with the same start time, and no zombie that its parent has not looked after yet."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
