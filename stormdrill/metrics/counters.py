"""What a run has done so far, counted as monitoring systems count: from its samples and events, live, and exact once all of them are in.

Names follow OpenTelemetry; in Prometheus' way of writing, `latency` in seconds is `stormdrill_latency_seconds`, the counter `attempts` is
`stormdrill_attempts_total`. Each point carries the run and the scenario. The verdict uses none of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from scenarios.plan.arrival_curves import arrivals
from scenarios.run.drill_states import DrillState, state_after
from scenarios.run.event_kinds import GateBreached, LoadFinished, LoadHealth, LoadLost, RunDrained, RunEnded, RunInterrupted, RunPhase
from scenarios.run.events import Event
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import FaultInjecting, FaultUndone, OfDrill, OfFault, WatchdogLost
from scenarios.run.folder import Plan
from scenarios.run.latency import latency_us
from scenarios.run.outcomes import Outcome
from scenarios.run.records import (
    FLAG_CENSORED,
    FLAG_NOT_SENT,
    FLAG_UNSENT,
    STREAM_CROWD,
    STREAM_FOREIGN,
    STREAM_PULSE,
    STREAM_SESSIONS,
    Records,
)
from scenarios.target.secrets import redacted

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latency's buckets, each inside its own."""

_SOURCES = {STREAM_CROWD: "crowd", STREAM_PULSE: "pulse", STREAM_FOREIGN: "users", STREAM_SESSIONS: "sessions"}
_STREAMS = 1 << 4
_BOUNDS_US = np.asarray([round(bound * 1e6) for bound in BOUNDS_S], np.int64)
_HEALTH: tuple[tuple[str, str, str, Callable[[LoadHealth], float]], ...] = (
    ("customers", "", "Customers on their journeys", lambda told: told.customers),
    ("in_flight", "", "Attempts sent and not answered", lambda told: told.in_flight),
    ("connection_queue", "", "Attempts that wait for a connection", lambda told: told.connection_queue),
    ("dispatch_lag", "s", "From ready to sent, without the wait for a connection: p99 of the last second", lambda told: told.lag_ms / 1e3),
    ("stall", "s", "The longest that something due had to wait for the load process in the last second", lambda told: told.stall_ms / 1e3),
    ("cpu", "1", "Share of one core that the load process used in the last second", lambda told: told.cpu_share),
)
"""Gauges of each load process: name, unit, description, value."""


class MetricKind(Enum):
    """What a figure does over time."""

    COUNTER = "counter"  # only grows
    GAUGE = "gauge"  # is what it is now
    HISTOGRAM = "histogram"  # a counter for each bucket


@dataclass(frozen=True, slots=True)
class Buckets:
    """A histogram: how many in each bucket of BOUNDS_S and beyond the last one, and the sum of all in seconds."""

    counts: tuple[int, ...]
    total_s: float


@dataclass(frozen=True, slots=True)
class Point:
    """One figure, and what it is a figure of."""

    labels: dict[str, str]
    value: float | Buckets


@dataclass(frozen=True, slots=True)
class Family:
    """Figures of one name, all with the same labels' names."""

    name: str
    kind: MetricKind
    unit: str  # "s", "1" for a ratio, or empty for a number of things
    describe: str
    points: tuple[Point, ...]


class Counters:
    """Counts one run. Samples and events are handed in as they come, each once; not thread-safe."""

    def __init__(self, plan: Plan) -> None:
        """Nothing has happened yet."""
        self._plan = plan
        self._base = {"run": plan.run, "scenario": plan.scenario.name}
        self._times_s = arrivals(plan.scenario.curve, plan.seed)
        self._attempts: Counter[tuple[int, int, int]] = Counter()  # by operation, stream and outcome
        self._buckets: dict[tuple[int, int], npt.NDArray[np.int64]] = {}
        self._total_us: Counter[tuple[int, int]] = Counter()
        self._unsent, self._not_sent = 0, 0
        self._health: dict[str, LoadHealth] = {}
        self._finished: dict[str, int] = {}  # how much each that has ended or died never sent, as far as it told
        self._stopped_s = float("inf")
        self._phase = ""
        self._faults: dict[tuple[str, str, str], bool] = {}
        self._drills: dict[tuple[str, str], DrillState] = {}

    def count_samples(self, fresh: Records) -> None:
        """New samples."""
        streams = (fresh["operation_id"] >> 60).astype(np.int64)
        ops = np.minimum(fresh["operation_index"], len(self._plan.operations)).astype(
            np.int64
        )  # those of Locust users of one's own are one
        took_us = latency_us(fresh)
        beyond = fresh["flags"] & (FLAG_CENSORED | FLAG_UNSENT) != 0
        buckets = np.where(beyond, len(_BOUNDS_US), np.searchsorted(_BOUNDS_US, took_us))
        asked = ops * _STREAMS + streams
        for both in np.unique(asked).tolist():
            op, stream = divmod(both, _STREAMS)
            mine = asked == both
            for outcome, count in enumerate(np.bincount(fresh["outcome"][mine]).tolist()):
                self._attempts[op, stream, outcome] += count
            found = np.bincount(buckets[mine], minlength=len(_BOUNDS_US) + 1)
            self._buckets[op, stream] = self._buckets.get((op, stream), 0) + found
            self._total_us[op, stream] += int(took_us[mine].sum())
        self._unsent += int((fresh["flags"] & FLAG_UNSENT != 0).sum())
        self._not_sent += int((fresh["flags"] & FLAG_NOT_SENT != 0).sum())

    def count_event(self, event: Event[Facts]) -> None:
        """A new event; those of one writer in its order."""
        match event.facts:
            case LoadHealth() as health:
                self._health[event.writer] = health
            case LoadFinished(unsent=unsent):
                self._end(event.writer, unsent)
            case LoadLost(process=process):
                self._end(process, 0)
            case RunPhase(phase=phase):
                self._phase = phase
            case RunDrained() | RunEnded():
                self._phase = ""
            case RunInterrupted() | GateBreached() | WatchdogLost():
                self._stopped_s = min(self._stopped_s, event.at_s)
            case FaultInjecting() | FaultUndone() as told:
                self._faults[told.fault, told.drill, told.strike or told.drill] = isinstance(told, FaultInjecting)
        state = state_after(event.facts)
        if state and isinstance(event.facts, (OfFault, OfDrill)) and event.facts.drill:
            self._drills[event.facts.drill, event.facts.strike or event.facts.drill] = state

    def _end(self, process: str, unsent: int) -> None:
        self._health.pop(process, None)
        self._finished[process] = unsent

    def families(self, now_s: float) -> tuple[Family, ...]:
        """All figures, as they are at a time in seconds since T0."""
        return tuple(family for family in (*self._of_attempts(), *self._of_load(now_s), *self._of_run(now_s)) if family.points)

    def _of_attempts(self) -> Iterator[Family]:
        yield self._family(
            "attempts", MetricKind.COUNTER, "", "Attempts that have ended, retries included, by what came of them",
            (
                ({**self._asked(op, stream), "outcome": Outcome(outcome).label}, count)
                for (op, stream, outcome), count in self._attempts.items() if count
            ),
        )  # fmt: skip
        yield self._family(
            "latency", MetricKind.HISTOGRAM, "s",
            "Intended sending to answer, of attempts (gates judge operations); unanswered or unsent ones lie beyond every bucket",
            (
                (self._asked(op, stream), Buckets(tuple(counts.tolist()), self._total_us[op, stream] / 1e6))
                for (op, stream), counts in self._buckets.items()
            ),
        )  # fmt: skip

    def _of_load(self, now_s: float) -> Iterator[Family]:
        unsent = max(self._unsent, sum(self._finished.values()))
        yield self._family(
            "unsent", MetricKind.COUNTER, "", "What was offered and never sent, by whose fault it was",
            [({"cause": "generator"}, unsent), ({"cause": "target"}, self._not_sent)],
        )  # fmt: skip
        due = int(np.searchsorted(self._times_s, min(now_s, self._stopped_s), side="right"))
        yield self._family("arrivals_offered", MetricKind.COUNTER, "", "Customers who were due to come by now", [({}, due)])
        for name, unit, describe, figure in _HEALTH:
            told = [({"worker": writer}, figure(health)) for writer, health in self._health.items()]
            gone = [({"worker": writer}, 0.0) for writer in self._finished]
            yield self._family(name, MetricKind.GAUGE, unit, describe, told + gone)

    def _of_run(self, now_s: float) -> Iterator[Family]:
        plan = self._plan
        facts = {"target": plan.target.name, "seed": str(plan.seed), "workers": str(plan.workers)}
        yield self._family("run_info", MetricKind.GAUGE, "", "The rehearsal; always 1", [(facts, 1)])
        yield self._family("elapsed", MetricKind.GAUGE, "s", "Since T0, when the first customer may come; negative before", [({}, now_s)])
        yield self._family(
            "phase", MetricKind.GAUGE, "", "1 for the phase of the scenario that is on",
            [({"phase": phase.name}, int(phase.name == self._phase)) for phase in plan.scenario.phases],
        )  # fmt: skip
        yield self._family(
            "fault_live", MetricKind.GAUGE, "", "1 from a fault's injection until it is undone",
            [
                ({"fault": fault, "drill": drill, "strike": strike}, int(live))
                for (fault, drill, strike), live in self._faults.items()
            ],
        )  # fmt: skip
        yield self._family(
            "drill_state", MetricKind.GAUGE, "", "1 for the state that a drill is in",
            [
                ({"drill": drill, "strike": strike, "state": state}, int(state == now))
                for (drill, strike), now in self._drills.items() for state in DrillState
            ],
        )  # fmt: skip

    def _asked(self, op: int, stream: int) -> dict[str, str]:
        names = self._plan.operations
        return {"operation": names[op] if op < len(names) else "other", "source": _SOURCES[stream]}

    def _family(
        self, name: str, kind: MetricKind, unit: str, describe: str, values: Iterable[tuple[dict[str, str], float | Buckets]]
    ) -> Family:
        """With the labels of the run, and no label that shows a secret."""
        target = self._plan.target
        points = (Point({key: redacted(text, target) for key, text in {**self._base, **labels}.items()}, value) for labels, value in values)
        return Family(name, kind, unit, describe, tuple(points))
