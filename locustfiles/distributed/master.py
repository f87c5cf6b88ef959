"""The master's side of load from other machines: admits workers, tells them their share, takes their records in, and names who is lost."""

import logging
import os
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any

import gevent
from locust.exception import RPCError
from locust.runners import MasterRunner

from locustfiles.distributed.build_fingerprint import BuildFingerprint, difference, machine
from locustfiles.distributed.transfer import FileReceiver, Message
from scenarios.errors import BadInput
from scenarios.run.event_kinds import Facts, LoadClock, LoadJoined, LoadLost
from scenarios.run.events import EventWriter
from scenarios.run.folder import Plan, Run
from scenarios.run.worker_roster import WorkerRoster, write_roster

START = "stormdrill_start"
UP, DOWN = "stormdrill_up", "stormdrill_down"
"""Locust's types of our messages: from worker to master, and back. What they say is their `kind`."""

SILENT_S = 3.0
_BUILDING_SILENT_S = 15.0
"""Before T0 a worker may be silent for longer: its one interpreter builds the crowd, and settles its memory."""

FLUSH_S = 30.0
"""How long workers may take to send the rest of their records."""

_HALT_S = 12.0
_LOOK_S = 0.25
_HELD_UP_S = 1.0

logger = logging.getLogger("stormdrill")


class Stage(Enum):
    """How far a worker has come."""

    ASKED = "asked"  # it has the plan and looks whether it can do it
    READY = "ready"
    WORKING = "working"
    ENDED = "ended"
    LOST = "lost"


@dataclass(eq=False)
class Member:
    """A worker that was admitted."""

    client: str
    host: str
    heard_s: float
    cores: int = 0
    stage: Stage = Stage.ASKED
    writer: str = ""
    receiver: FileReceiver | None = None


class Muster:
    """All workers of one run. Lives in the master's one thread."""

    def __init__(self, runner: MasterRunner, run: Run, expected: int) -> None:
        """Listens from now on."""
        self._runner = runner
        self._run = run
        self._expected = expected
        self._build = BuildFingerprint.ours()
        self._members: dict[str, Member] = {}
        self._refused: list[str] = []
        self._turned_away: set[str] = set()
        self._events: EventWriter | None = None
        self._door = os.getppid()
        self._main = gevent.getcurrent()
        self._begun = False
        self._deadline_s = float("inf")
        self._t0_s = float("inf")
        self._halted = False
        runner.register_message(UP, self._hear)
        self._enter()
        gevent.spawn(self._look)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be waited for."""
        if not self._begun:
            return self._halted
        return not self._of(Stage.WORKING) or time.monotonic() > self._deadline_s

    def gather(self) -> None:
        """Waits until the door writes events: T0 is fixed, all is prepared. Ends where it is told to stop, or the door is gone."""
        while not self._halted and not self._run.events_of("door").exists():
            gevent.sleep(_LOOK_S)

    def begin(self, plan: Plan) -> None:
        """Tells each worker its share; T0 is fixed."""
        self._begun = True
        self._events = self._run.event_writer("master", plan.t0_monotonic_ns)
        self._t0_s = plan.t0_monotonic_ns / 1e9
        self._deadline_s = self._t0_s + plan.scenario.lasts_s + plan.scenario.drain + FLUSH_S
        shown = plan.model_dump_json()
        ready = self._of(Stage.READY)[: self._expected]
        for number, member in enumerate(ready):
            member.stage, member.writer = Stage.WORKING, f"load-{number}"
            member.receiver = FileReceiver(self._run, member.writer)
            self._tell(LoadJoined(process=member.writer, host=member.host, cores=member.cores))
            self._runner.send_message(START, {"plan": shown, "share": [number, plan.workers]}, client_id=member.client)
        for member in [*self._of(Stage.ASKED), *self._of(Stage.READY)]:
            self._refuse(member.client, member.host, "the run has begun without it")
        for number in range(len(ready), plan.workers):
            self._tell(LoadLost(process=f"load-{number}", reason="it was gone before it had its share"))
        self._enter()

    def halt(self) -> None:
        """Ends the load now; the workers still send what they have."""
        self._halted = True
        self._deadline_s = min(self._deadline_s, time.monotonic() + _HALT_S)
        for member in self._of(Stage.WORKING):
            self._say(member.client, "halt", reason="")
        if self._runner.shape_greenlet is None:  # Locust still waits for its first worker, and would for ever
            gevent.kill(self._main, SystemExit)

    def close(self) -> None:
        """Ends the files. Whoever has not said that it ended is lost."""
        for member in self._of(Stage.WORKING):
            self._lose(member, "it did not send the rest of its records in time")
        for member in self._members.values():
            if member.receiver:
                member.receiver.close()
        if self._events:
            self._events.close()
            self._events = None

    def _of(self, stage: Stage) -> list[Member]:
        return [member for member in self._members.values() if member.stage is stage]

    def _hear(self, msg: Any, **_facts: object) -> None:
        """A worker's word."""
        client, facts = str(msg.node_id), dict(msg.data)
        member = self._members.get(client)
        if member is None:
            if facts.get("kind") == "hello" and client not in self._turned_away:
                self._greet(client, facts)
            return
        member.heard_s = time.monotonic()
        match facts.get("kind"):
            case "hello":
                self._show_plan(client)
            case "ping":
                self._say(client, "pong", sent_ns=facts["sent_ns"], master_ns=time.monotonic_ns())
            case "ready" if member.stage is Stage.ASKED:
                member.stage = Stage.READY
                self._enter()
            case "unfit":
                self._refuse(client, member.host, str(facts["reason"]))
            case "batch":
                self._take(member, facts)
            case "clock":
                clock = {"error_ms": float(facts["error_ms"]), "drift_ms": float(facts["drift_ms"])}
                self._tell(LoadClock(process=member.writer, host=member.host, **clock))
            case "ended":
                self._end(member, str(facts["failure"]))

    def _greet(self, client: str, facts: dict[str, Any]) -> None:
        """Somebody new: admits it, or says why not."""
        host = f"{facts.get('host')} (process {facts.get('pid')})"
        unlike = difference(self._build, BuildFingerprint.of(facts.get("build")))
        present = len(self._of(Stage.READY)) + len(self._of(Stage.ASKED))
        if unlike:
            self._refuse(client, host, unlike)
        elif self._begun or self._halted:
            self._refuse(client, host, "the run has begun already")
        elif present >= self._expected:
            self._refuse(client, host, f"the master has its {self._expected} workers already")
        else:
            self._members[client] = Member(client, host, time.monotonic(), int(facts.get("cores") or 0))
            self._show_plan(client)

    def _show_plan(self, client: str) -> None:
        self._say(client, "plan", plan=self._run.plan().model_dump_json(), machine=machine())

    def _refuse(self, client: str, host: str, reason: str) -> None:
        """Says so to the worker and here, and forgets it: to Locust's count it must not belong."""
        logger.error("stormdrill: worker %s is refused: %s", host, reason)
        self._refused.append(f"{host} is refused: {reason}")
        self._say(client, "refused", reason=reason)
        self._turned_away.add(client)
        self._members.pop(client, None)
        if client in self._runner.clients:
            del self._runner.clients[client]
        self._enter()

    def _take(self, member: Member, facts: Message) -> None:
        if member.receiver is None:
            return
        try:
            self._say(member.client, "taken", upto=member.receiver.take(facts))
        except (BadInput, OSError) as error:
            self._lose(member, f"its records cannot be written: {error}")

    def _end(self, member: Member, failure: str) -> None:
        """A worker has ended its work and sent all of it, or says what went wrong."""
        if member.stage is Stage.WORKING and failure:
            self._lose(member, failure)
        elif member.stage is Stage.WORKING:
            member.stage = Stage.ENDED
        self._say(member.client, "farewell")

    def _look(self) -> None:
        """Finds out who has fallen silent. Where this very process was held up, nobody is to blame."""
        last_s = time.monotonic()
        while True:
            gevent.sleep(_LOOK_S)
            now_s = time.monotonic()
            if now_s - last_s > _HELD_UP_S:
                for member in self._members.values():
                    member.heard_s = now_s
            last_s = now_s
            if not self._begun and not self._halted and os.getppid() != self._door:
                logger.error("stormdrill: nobody waits for this master any more")
                self.halt()
            limit_s = SILENT_S if now_s > self._t0_s or not self._begun else _BUILDING_SILENT_S
            for member in [member for member in self._members.values() if now_s - member.heard_s > limit_s]:
                if member.stage is Stage.WORKING:
                    self._lose(member, f"nothing was heard of it for {limit_s:g} s")
                elif not self._begun:
                    logger.warning("stormdrill: worker %s is gone before the run", member.host)
                    del self._members[member.client]
                    self._enter()

    def _lose(self, member: Member, reason: str) -> None:
        """A worker that makes no load any more."""
        if member.stage is Stage.LOST:
            return
        member.stage = Stage.LOST
        logger.error("stormdrill: worker %s (%s) is lost: %s", member.writer, member.host, reason)
        self._tell(LoadLost(process=member.writer, host=member.host, reason=reason))
        self._say(member.client, "halt", reason=f"the master has given this worker up: {reason}")
        self._enter()

    def _tell(self, facts: Facts) -> None:
        if self._events:
            self._events.write(facts, time.monotonic_ns())

    def _say(self, client: str, kind: str, **facts: object) -> None:
        """A word to one worker; where it cannot be said, the worker will be silent too."""
        try:
            self._runner.send_message(DOWN, {"kind": kind, **facts}, client_id=client)
        except RPCError as error:
            logger.warning("stormdrill: a worker is not reached: %s", error)

    def _enter(self) -> None:
        """Writes down who is there."""
        present = [member for member in self._members.values() if member.stage in (Stage.READY, Stage.WORKING, Stage.ENDED)]
        there = [f"{member.writer} {member.host}".strip() for member in present]
        lost = [f"{member.writer} {member.host}" for member in self._of(Stage.LOST)]
        write_roster(self._run, WorkerRoster(expected=self._expected, there=there, refused=self._refused, lost=lost))
