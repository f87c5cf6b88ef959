"""How customers went about: how long a visit lasted, how much they did in it, and what they did after what.

A visit is one arrival with all operations of its journey, from the first intent to the last answer. A step of the way is two different
operations of a visit, one after the other by their intents' order.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import I64
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import STREAM_CROWD

if TYPE_CHECKING:
    from reports.evidence import Evidence

_NS = 1_000_000_000
_STEP_BITS = np.uint64(16)


@dataclass(frozen=True, slots=True)
class Way:
    """What was done after what, and how often."""

    before: str
    after: str
    times: int


@dataclass(frozen=True, slots=True)
class Visits:
    """All of a run."""

    count: int
    median_s: float
    p95_s: float
    operations_mean: float
    acted: int  # in which something succeeded that changes something
    granted: int  # in which something was granted
    ways: tuple[Way, ...]  # most frequent first


def visits(evidence: "Evidence") -> Visits:
    """By what the crowd sent, bots and probes included. Raises NotMapped where nobody came."""
    sent = evidence.traffic.sent.operations
    sent = sent.select(sent.operation >> np.uint64(60) == STREAM_CROWD)
    if not len(sent):
        raise NotMapped("no customer of this run asked for anything")
    visit, starts = np.unique(sent.operation >> _STEP_BITS, return_index=True)
    of = np.repeat(np.arange(len(visit)), np.diff([*starts, len(sent)]))
    ended_ns = sent.intended_ns + sent.latency_us.astype(np.int64) * 1000
    stayed_s = (np.maximum.reduceat(ended_ns, starts) - np.minimum.reduceat(sent.intended_ns, starts)) / _NS
    done = sent.outcome == Outcome.SUCCESS
    acting, granting = _ops(evidence)
    return Visits(
        count=len(visit),
        median_s=float(np.median(stayed_s)),
        p95_s=float(np.quantile(stayed_s, 0.95)),
        operations_mean=len(sent) / len(visit),
        acted=len(np.unique(of[done & np.isin(sent.op, acting)])),
        granted=len(np.unique(of[done & np.isin(sent.op, granting)])),
        ways=_ways(evidence.plan.operations, of, sent.op.astype(np.int64)),
    )


def _ops(evidence: "Evidence") -> tuple[list[int], list[int]]:
    """What changes something, but for showing a pop-up; what grants a thing or pays it out."""
    effects = {index: one for index, name in enumerate(evidence.plan.operations) if (one := effect_of(evidence.plan, name))}
    granting = [index for index, one in effects.items() if one.grants or one.pays or one.bucket]
    return [index for index, one in effects.items() if one.capped != "popup"], granting


def _ways(names: list[str], of: I64, op: I64) -> tuple[Way, ...]:
    pairs = op[:-1] * len(names) + op[1:]
    pairs = pairs[(of[:-1] == of[1:]) & (op[:-1] != op[1:])]
    found, times = np.unique(pairs, return_counts=True)
    counted = zip(found.tolist(), times.tolist(), strict=True)
    ways = [Way(names[pair // len(names)], names[pair % len(names)], count) for pair, count in counted]
    return tuple(sorted(ways, key=lambda way: (-way.times, way.before, way.after)))
