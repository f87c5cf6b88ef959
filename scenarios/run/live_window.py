"""What the run looks like right now: a tail reader over the samples of all load processes.

Live figures are approximate (percentiles from the latest samples only) and say so where they are shown; the verdict never uses them.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scenarios.run.latency import latency_us
from scenarios.run.outcomes import CORRECT, Outcome
from scenarios.run.records import FLAG_PULSE, SAMPLE, Records, follow


@dataclass(frozen=True, slots=True)
class Second:
    """One second of samples, by the time they were done."""

    start_s: float
    outcomes: dict[Outcome, int]
    latencies_ms: tuple[float, ...]  # ascending
    by_op: dict[int, dict[Outcome, int]] = field(default_factory=dict)
    latencies_by_op: dict[int, tuple[float, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Attempts that ended in it."""
        return sum(self.outcomes.values())

    @property
    def correct(self) -> int:
        """Successes and refusals."""
        return sum(self.outcomes.get(outcome, 0) for outcome in CORRECT)

    @property
    def success_ratio(self) -> float:
        """Correct answers among attempts, 1 where there were none."""
        return self.correct / self.count if self.count else 1.0


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """The latest seconds, oldest first, of all samples and of the pulse alone."""

    now_s: float
    seconds: tuple[Second, ...]
    pulse: tuple[Second, ...]
    total: dict[Outcome, int]
    pulse_samples: Records = field(default_factory=lambda: np.empty(0, SAMPLE))  # of these seconds, in no order

    def percentile_ms(self, quantile: float, last: int = 5) -> float | None:
        """Approximate latency percentile over the last seconds; None where nothing ended in them."""
        latencies = [value for second in self.seconds[-last:] for value in second.latencies_ms]
        return float(np.quantile(latencies, quantile)) if latencies else None

    def rate(self, last: int) -> float:
        """Attempts per second that ended in the last seconds."""
        return sum(second.count for second in self.seconds[-last:]) / last


class Tail:
    """Follows the sample files of a run; `update` may be called as often as wanted. Keeps the last seconds only."""

    def __init__(self, samples_folder: Path, *, keep_s: int = 60, hand_on: Callable[[Records], None] = lambda _fresh: None) -> None:
        """Files that appear later are found too. `hand_on` receives all new samples, each once."""
        self._folder = samples_folder
        self._hand_on = hand_on
        self._keep_s = keep_s
        self._files: dict[Path, Iterator[Records]] = {}
        self._bins: dict[int, deque[Records]] = {}
        self._total: dict[Outcome, int] = {}

    def update(self, now_s: float) -> LiveWindow:
        """Takes in what is new and gives the window up to the last whole second."""
        for path in self._folder.glob("*.bin"):
            self._files.setdefault(path, follow(path, SAMPLE))
        for tail in self._files.values():
            self._take(next(tail))
        last = int(np.floor(now_s))
        for old in [number for number in self._bins if number < last - self._keep_s]:
            del self._bins[old]
        numbers = range(max(last - self._keep_s, min(self._bins, default=last)), last)
        joined = {number: _joined(self._bins.get(number)) for number in numbers}
        pulse = {number: samples[samples["flags"] & FLAG_PULSE != 0] for number, samples in joined.items()}
        return LiveWindow(
            now_s,
            tuple(_second(number, joined[number]) for number in numbers),
            tuple(_second(number, pulse[number]) for number in numbers),
            dict(self._total),
            np.concatenate([np.empty(0, SAMPLE), *pulse.values()]),
        )

    def _take(self, fresh: Records) -> None:
        if not len(fresh):
            return
        self._hand_on(fresh)
        for outcome, count in zip(*np.unique(fresh["outcome"], return_counts=True), strict=True):
            self._total[Outcome(int(outcome))] = self._total.get(Outcome(int(outcome)), 0) + int(count)
        done = (fresh["intended_ns"] / 1e9 + latency_us(fresh) / 1e6).astype(np.int64)
        for number in np.unique(done):
            self._bins.setdefault(int(number), deque()).append(fresh[done == number])


def _joined(parts: deque[Records] | None) -> Records:
    return np.concatenate(parts) if parts else np.empty(0, SAMPLE)


def _counts(samples: Records) -> dict[Outcome, int]:
    values, counts = np.unique(samples["outcome"], return_counts=True)
    return {Outcome(int(value)): int(count) for value, count in zip(values, counts, strict=True)}


def _second(number: int, samples: Records) -> Second:
    parts = {int(op): samples[samples["operation_index"] == op] for op in np.unique(samples["operation_index"])}
    return Second(
        float(number),
        _counts(samples),
        _latencies_ms(samples),
        {op: _counts(part) for op, part in parts.items()},
        {op: _latencies_ms(part) for op, part in parts.items()},
    )


def _latencies_ms(samples: Records) -> tuple[float, ...]:
    return tuple(np.sort(latency_us(samples) / 1000.0).tolist())
