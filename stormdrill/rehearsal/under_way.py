"""A rehearsal under way: what its loop has at hand, and its last words."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import RunLeftover
from scenarios.run.events import EventWriter
from scenarios.run.facts import Facts
from scenarios.run.folder import Plan, Run
from scenarios.run.live_window import LiveWindow, Tail
from scenarios.run.run_seal import seal_run
from stormdrill.metrics import Metrics
from stormdrill.rehearsal.abort_gates import AbortWatch
from stormdrill.rehearsal.interrupts import Interrupts
from stormdrill.rehearsal.load_processes import Load
from stormdrill.rehearsal.progress import Screen
from stormdrill.rehearsal.witnesses import Witnesses
from stormdrill.rehearsal.world import tell_stderr

if TYPE_CHECKING:
    import chaos


@dataclass
class Rehearsal:
    """A rehearsal under way: what its loop needs at hand."""

    run: Run
    plan: Plan
    screen: Screen
    events: EventWriter
    load: Load
    tail: Tail
    window: LiveWindow
    abort_watch: AbortWatch
    metrics: Metrics
    watchdog: "chaos.WatchdogClient | None" = None
    drills: "chaos.DrillRunner | None" = None
    witnesses: Witnesses | None = None
    max_rps: float | None = None
    interrupts: Interrupts = field(default_factory=Interrupts)
    world_gone_since_s: float | None = None

    @property
    def now_s(self) -> float:
        """Seconds since T0."""
        return (time.monotonic_ns() - self.plan.t0_monotonic_ns) / 1e9

    def record(self, facts: Facts) -> None:
        """Writes an event of now."""
        self.events.write(facts, time.monotonic_ns())

    def name_broken_outlets(self) -> None:
        """What outlets of metrics have raised is part of the evidence."""
        for failure in self.metrics.take_failures():
            self.record(failure)
            self.screen.step(str(failure))

    def refresh(self) -> float:
        """Takes in what is new; gives the time."""
        now_s = self.now_s
        self.window = self.tail.update(now_s)
        self.metrics.refresh(now_s)
        self.name_broken_outlets()
        return now_s


@dataclass
class LastWords:
    """What the door says when all else is over, its world down: what stays, and the seal. Without them the run counts as cut off."""

    rehearsal: Rehearsal | None = None

    def leave(self, what: str) -> None:
        """Something stays."""
        tell_stderr(what)
        if self.rehearsal:
            self.rehearsal.record(RunLeftover(what=what))

    def seal(self) -> None:
        """Nobody writes any more."""
        if self.rehearsal:
            with suppress(StormdrillError, OSError):
                self.rehearsal.record(seal_run(self.rehearsal.run, "door"))
            self.rehearsal.events.close()
