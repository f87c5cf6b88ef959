"""A run held against a baseline run of the same load: each figure's difference, and how uncertain it is.

Both runs had the same load to bear in each second, so spans of five seconds are held against each other. Differences are resampled over
those spans (the block bootstrap: Kuensch, Annals of Statistics 17 (1989), 1217-1241; the percentiles that hold 95 % of a thousand
resamples), which keeps together what follows within a span: a second that turns everybody away is one event and not a hundred. The
interval is that of these two runs; what another machine, or another day, would add is not in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.arrays import I64, Floats
from reports.measures.traffic import Traffic
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from reports.evidence import Evidence

_NS = 1_000_000_000
_BLOCK_S = 5
_FEWEST_BLOCKS = 4
_RESAMPLES = 1000
_SEED = 1
_STEP = 1.01
"""Of the latencies of a resample only this is known, a hundredth; those of the runs are exact."""

_SAME = ("phases", "mix", "population", "slo", "connections")


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of both runs, and between which differences the true one lies in 95 of 100 cases."""

    name: str
    unit: str
    before: float | None  # None where it has none, or only a bound
    now: float | None
    low: float | None
    high: float | None
    more_is_better: bool

    @property
    def change(self) -> float | None:
        """By how much it differs."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def better(self) -> bool | None:
        """Whether it is for the better; None where that cannot be told from chance."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return None
        return (self.low > 0) is self.more_is_better


def comparable(now: "Evidence", before: "Evidence") -> None:
    """Raises BadInput, with what differs, where the two runs did not have the same load to bear, or one of them not all of it."""
    for name in _SAME:
        if getattr(now.plan.scenario, name) != getattr(before.plan.scenario, name):
            raise BadInput(f"run {now.plan.run} cannot be held against run {before.plan.run}: they differ in their {_words(name)}")
    for one in (now, before):
        if not len(one.traffic) or one.load_ends_s < one.plan.scenario.lasts_s - 1:
            raise BadInput(
                f"run {now.plan.run} cannot be held against run {before.plan.run}: "
                f"the load of {one.plan.run} ended after {one.load_ends_s:.0f} s of {one.plan.scenario.lasts_s:.0f} s"
            )


def _words(field: str) -> str:
    return "limits of goodput" if field == "slo" else field


def differences(now: Traffic, before: Traffic) -> list[Difference]:
    """Of rates, goodput and latency."""
    runs = (_Blocks.of(now), _Blocks.of(before))
    picked = _picks(min(len(runs[0].sent), len(runs[1].sent)))
    return list(_differences((now, before), runs, picked))


def _differences(runs: tuple[Traffic, Traffic], blocks: "tuple[_Blocks, _Blocks]", picked: I64) -> Iterator[Difference]:
    goodput = [int(run.good.sum()) / run.load_ends_s if run.load_ends_s else None for run in runs]
    yield _difference("TPS", "/s", [run.rates.tps_mean for run in runs], blocks, picked, _Blocks.tps)
    yield _difference("Goodput", "/s", goodput, blocks, picked, _Blocks.goodput)
    yield _difference("Goodput ratio", "ratio", [run.good_ratio for run in runs], blocks, picked, _Blocks.good_ratio)
    for name, quantile in (("p50 latency", 0.5), ("p95 latency", 0.95), ("p99 latency", 0.99)):
        found = [run.latencies.at(quantile) for run in runs]
        exact = [one.ms if one and not one.censored else None for one in found]
        measure = partial(_Blocks.latency_ms, quantile=quantile)
        yield _difference(name, "ms", exact, blocks, picked, measure, more_is_better=False)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """What a run did in each span of five seconds."""

    lasts_s: Floats
    sent: I64
    good: I64
    done: I64
    took: "np.ndarray[tuple[int, int], np.dtype[np.int64]]"  # operations by the logarithm of their latency

    @classmethod
    def of(cls, traffic: Traffic) -> "_Blocks":
        sent = traffic.sent
        count = max(1, int(traffic.load_ends_s // _BLOCK_S))
        block = np.clip(sent.operations.intended_ns // (_BLOCK_S * _NS), 0, count - 1)
        step = _steps(sent.operations.latency_us)
        took = np.zeros((count, int(step.max(initial=0)) + 1), np.int64)
        np.add.at(took, (block, step), 1)
        lasts_s = np.full(count, float(_BLOCK_S))
        lasts_s[-1] = max(1e-9, traffic.load_ends_s - _BLOCK_S * (count - 1))
        good, done = (np.bincount(block[which], minlength=count) for which in (sent.good, sent.transactions))
        return cls(lasts_s, np.bincount(block, minlength=count), good, done, took)

    def tps(self, rows: I64) -> Floats:
        """Transactions per second, in each resample."""
        rate: Floats = self.done[rows].sum(axis=1) / self.lasts_s[rows].sum(axis=1)
        return rate

    def goodput(self, rows: I64) -> Floats:
        """Correct answers in time, per second."""
        rate: Floats = self.good[rows].sum(axis=1) / self.lasts_s[rows].sum(axis=1)
        return rate

    def good_ratio(self, rows: I64) -> Floats:
        """Correct answers in time among what was sent."""
        share: Floats = self.good[rows].sum(axis=1) / np.maximum(1, self.sent[rows].sum(axis=1))
        return share

    def latency_ms(self, rows: I64, quantile: float) -> Floats:
        """A percentile, in each resample, to a hundredth of itself."""
        weights = np.stack([np.bincount(row, minlength=len(self.sent)) for row in rows])
        ranks = np.cumsum(weights @ self.took, axis=1)
        steps = np.argmax(ranks >= np.ceil(quantile * ranks[:, -1:]), axis=1)
        found: Floats = _STEP ** steps.astype(float) / 1000
        return found


def _steps(latency_us: I64) -> I64:
    found: I64 = np.round(np.log(np.maximum(latency_us, 1)) / np.log(_STEP)).astype(np.int64)
    return found


def _picks(blocks: int) -> I64:
    """Which spans each resample has: the same ones of both runs. None where there are too few of them to tell anything."""
    random = np.random.default_rng(_SEED)
    return random.integers(0, blocks, (_RESAMPLES if blocks >= _FEWEST_BLOCKS else 0, blocks))


def _difference(
    name: str,
    unit: str,
    figures: list[float | None],
    blocks: tuple[_Blocks, _Blocks],
    picked: I64,
    measure: Callable[[_Blocks, I64], Floats],
    *,
    more_is_better: bool = True,
) -> Difference:
    now, before = figures
    if now is None or before is None or not len(picked):
        return Difference(name, unit, before, now, None, None, more_is_better)
    found = measure(blocks[0], picked) - measure(blocks[1], picked)
    low, high = np.percentile(found, [2.5, 97.5])
    return Difference(name, unit, before, now, float(low), float(high), more_is_better)
