"""Offered, done, correct, in time: what was asked of the target and what came of it, by operation and phase.

Operations are binned by the time of their first intent. A transaction is a successful operation that changes something; tps is
transactions per second, or, of one operation, its successes per second. Goodput is correct answers (successes, and refusals that the
read-back does not contradict) inside the scenario's limits for reads and effects, per second.
"""

from dataclasses import dataclass

import numpy as np

from reports.measures.aggregation import Operations
from reports.measures.arrays import I64, Bools, Floats, rows_of
from reports.measures.quantiles import Ranked
from scenarios.run.folder import Plan
from scenarios.run.outcomes import CORRECT, Outcome
from scenarios.run.recovery_window import changes_something, in_time_us

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Per second of load: all operations as customers intended them, and transactions among them. The mean is None where no time passed."""

    offered_peak: int  # in the best whole second
    offered_mean: float | None
    tps_peak: int
    tps_mean: float | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """Operations, with what the plan says about them."""

    operations: Operations  # all that were intended, those the generator never sent included
    correct: Bools  # of each: a correct answer
    good: Bools  # of each: correct, and in time
    effectful: Bools
    plan: Plan
    load_ends_s: float

    @classmethod
    def of(cls, operations: Operations, plan: Plan, load_ends_s: float) -> "Traffic":
        """Sorts out what is correct, and in time."""
        changes = changes_something(plan)
        index = np.minimum(operations.op, len(changes) - 1)
        correct = np.isin(operations.outcome, CORRECT) & ~operations.unsent
        good = correct & (operations.latency_us <= in_time_us(plan)[index])
        return cls(operations, correct, good, changes[index], plan, load_ends_s)

    def __len__(self) -> int:
        """How many operations."""
        return len(self.operations)

    def select(self, which: Bools) -> "Traffic":
        """The operations of a mask; where they stand together, no copy."""
        rows = rows_of(which)
        return Traffic(
            self.operations.select(which), self.correct[rows], self.good[rows], self.effectful[rows], self.plan, self.load_ends_s
        )

    def of_operation(self, name: str) -> "Traffic":
        """The operations of one name."""
        index = self.plan.operations.index(name) if name in self.plan.operations else -1
        return self.select(self.operations.op == index)

    def in_phase(self, name: str) -> "Traffic":
        """The operations first intended in a phase."""
        start, end = self.plan.scenario.span(name)
        return self.select((self.operations.intended_ns >= start * _NS) & (self.operations.intended_ns < end * _NS))

    @property
    def sent(self) -> "Traffic":
        """Without what the generator never sent."""
        return self.select(~self.operations.unsent)

    def count(self, outcome: Outcome) -> int:
        """Operations that came to this, of those that were sent."""
        return int(np.count_nonzero((self.operations.outcome == outcome) & ~self.operations.unsent))

    @property
    def latencies(self) -> Ranked:
        """First intent -> final answer, of what was sent."""
        sent = ~self.operations.unsent
        return Ranked(self.operations.latency_us[sent], self.operations.censored[sent])

    @property
    def services(self) -> Ranked:
        """Sent -> done, of what was sent."""
        sent = ~self.operations.unsent
        return Ranked(self.operations.service_us[sent], self.operations.censored[sent])

    def ratio(self, *outcomes: Outcome) -> float | None:
        """Share of these outcomes among what was sent; None where nothing was."""
        sent = int(np.count_nonzero(~self.operations.unsent))
        return sum(self.count(outcome) for outcome in outcomes) / sent if sent else None

    @property
    def good_ratio(self) -> float | None:
        """Share of correct answers in time among what was sent; None where nothing was."""
        sent = int(np.count_nonzero(~self.operations.unsent))
        return int(np.count_nonzero(self.good)) / sent if sent else None

    @property
    def transactions(self) -> Bools:
        """Successful operations that change something."""
        found: Bools = (self.operations.outcome == Outcome.SUCCESS) & self.effectful & ~self.operations.unsent
        return found

    @property
    def successes(self) -> Bools:
        """Successful operations."""
        found: Bools = (self.operations.outcome == Outcome.SUCCESS) & ~self.operations.unsent
        return found

    def seconds(self, which: Bools | None = None) -> I64:
        """Operations (of a mask) first intended in each whole second from T0 to the end of the load."""
        intended = self.operations.intended_ns if which is None else self.operations.intended_ns[which]
        bins = max(1, int(np.ceil(self.load_ends_s)))
        second = intended // _NS
        second = second[(second >= 0) & (second < bins)]
        return np.bincount(second, minlength=bins).astype(np.int64)

    @property
    def rates(self) -> Rates:
        """Operations and transactions per second."""
        span_s = self.span_s(None)
        offered, done = self.seconds(), self.transactions
        return Rates(
            int(offered.max()),
            len(self) / span_s if span_s else None,
            int(self.seconds(done).max()),
            int(np.count_nonzero(done)) / span_s if span_s else None,
        )

    def span_s(self, phase: str | None) -> float:
        """Seconds of load in a phase, or in all."""
        start, end = self.plan.scenario.span(phase) if phase else (0.0, self.load_ends_s)
        return max(0.0, min(end, self.load_ends_s) - start)

    def quantile_lines_ms(self, *quantiles: float) -> list[Floats]:
        """For each a percentile of latency for each second of the load, in milliseconds; NaN where a second had no operation."""
        sent = self.sent.operations
        bins = max(1, int(np.ceil(self.load_ends_s)))
        second = np.clip(sent.intended_ns // _NS, -1, bins).astype(np.int32) + 1
        order = np.argsort(second.astype(np.uint16) if bins < np.iinfo(np.uint16).max else second, kind="stable")
        edges = np.searchsorted(second[order], np.arange(1, bins + 2))
        lines = [np.full(bins, np.nan) for _ in quantiles]
        for number in range(bins):
            here = order[edges[number] : edges[number + 1]]
            ranked = Ranked(sent.latency_us[here], sent.censored[here])
            for line, found in zip(lines, map(ranked.at, quantiles), strict=True):
                line[number] = found.ms if found else np.nan
        return lines
