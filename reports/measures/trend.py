"""Whether answers get slower as the run goes on, the load's own share apart: a slope with its interval, robust against spikes and steps.

Service times of successes are put into bins of equal length. Of each operation the lower quartile of a bin counts, less what is usual for
that operation, so that neither the mix nor single slow answers show. Two bins are compared only where the later one had no more load than
the earlier: whatever more load costs cannot make it slower then. The slope is the median of all such comparisons (Theil and Sen); tau is by
how much more often the later one was the slower (Kendall). A single step, wherever it lies, reaches a tau of 0.5 at the most.
"""

from dataclasses import dataclass

import numpy as np

from reports.measures.aggregation import Operations
from reports.measures.arrays import I64, Floats
from scenarios.run.outcomes import Outcome

_NS = 1_000_000_000
_BINS = 60
_LEAST_IN_BIN = 8
_LEAST_PAIRS = 30
_LEAST_SHARE_OF_PAIRS = 0.25  # of a span: where the load grows throughout, only neighbours can be compared, and hardly differ in it
_Z = 2.576  # of the interval: 99 %
_PARTS = 3
_LEAST_SHARE = 0.2  # of the growth, that each part of the run must bring


@dataclass(frozen=True, slots=True)
class Trend:
    """How service times moved with the run."""

    ms_per_s: float
    low_ms_per_s: float
    high_ms_per_s: float
    tau: float
    steady: bool  # each part of the run was slower than the one before it
    usual_ms: float  # in the bins that were fastest
    noise_ms: float  # how far bins lie from the slope's line, by their median
    lasts_s: float

    @property
    def growth_ms(self) -> float:
        """What it comes to over the time that was looked at."""
        return self.ms_per_s * self.lasts_s


def trend(attempts: Operations, spans_s: list[tuple[float, float]]) -> Trend | None:
    """Over these spans of the load, each by itself: what lies between two spans may be a step. None where too little can be compared."""
    width_s = max(1.0, sum(end - start for start, end in spans_s) / _BINS)
    slopes: list[Floats] = []
    spans: list[tuple[Floats, Floats]] = []
    count, levels = 0, list[float]()
    for start_s, end_s in spans_s:
        at_s, took_ms, load, level_ms = _binned(attempts, start_s, end_s, width_s)
        levels += level_ms.tolist()  # of every span: one that cannot be compared in itself tells what was usual all the same
        earlier, later = np.triu_indices(len(at_s), 1)
        alike = load[later] <= load[earlier]
        if np.count_nonzero(alike) < _LEAST_SHARE_OF_PAIRS * len(alike):
            continue
        count += len(at_s)
        slopes.append((took_ms[later] - took_ms[earlier])[alike] / (at_s[later] - at_s[earlier])[alike])
        spans.append((at_s, took_ms))
    ordered = np.sort(np.concatenate(slopes)) if slopes else np.empty(0)
    if len(ordered) < _LEAST_PAIRS:
        return None
    spread = _Z * np.sqrt(count * (count - 1) * (2 * count + 5) / 18) * len(ordered) / max(1, count * (count - 1) / 2)
    low, high = (int(np.clip((len(ordered) + sign * spread) / 2, 0, len(ordered) - 1)) for sign in (-1, 1))
    slope = float(np.median(ordered))
    away = np.concatenate([np.abs(line - np.median(line)) for line in (took_ms - slope * at_s for at_s, took_ms in spans if len(at_s))])
    return Trend(
        slope,
        float(ordered[low]),
        float(ordered[high]),
        float(np.mean(np.sign(ordered))),
        _steady(max((took_ms for _, took_ms in spans), key=len)),
        float(np.percentile(levels, 10)),
        float(np.median(away)),
        sum(end - start for start, end in spans_s),
    )


def _binned(attempts: Operations, start_s: float, end_s: float, width_s: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each bin that can be judged: its middle, how much slower than usual it was, its load, and its level."""
    bins = int((end_s - start_s) // width_s)
    place = ((attempts.intended_ns - round(start_s * _NS)) // round(width_s * _NS)).astype(np.int64)
    here = (place >= 0) & (place < bins)
    load = np.bincount(place[here], minlength=bins) if bins > 0 else np.zeros(0, np.int64)
    good = here & (attempts.outcome == Outcome.SUCCESS) & ~attempts.unsent
    excess, level, weight = np.zeros(bins), np.zeros(bins), np.zeros(bins, np.int64)
    for op in np.flatnonzero(np.bincount(attempts.op[good])).tolist():
        mine = good & (attempts.op == op)
        quartile_ms, count = _quartiles(place[mine], attempts.service_us[mine], bins)
        there = count >= _LEAST_IN_BIN
        if there.any():
            share = np.where(there, count, 0)
            usual_ms = float(np.median(quartile_ms[there]))
            excess += share * np.where(there, quartile_ms - usual_ms, 0.0)
            level += share * np.where(there, quartile_ms, 0.0)
            weight += share
    judged = np.flatnonzero(weight)
    middle = start_s + (judged + 0.5) * width_s
    mean_ms: Floats = np.divide(excess[judged], weight[judged], dtype=np.float64)
    mean_level_ms: Floats = np.divide(level[judged], weight[judged], dtype=np.float64)
    return middle.astype(np.float64), mean_ms, np.divide(load[judged], width_s, dtype=np.float64), mean_level_ms


def _quartiles(place: I64, service_us: I64, bins: int) -> tuple[Floats, I64]:
    """The lower quartile of each bin in milliseconds, and how many values it has."""
    order = np.lexsort((service_us, place))
    count = np.bincount(place, minlength=bins).astype(np.int64)
    starts = np.cumsum(count) - count
    at = np.minimum(starts + count // 4, max(0, len(order) - 1))
    return service_us[order][at] / 1000.0, count


def _steady(took_ms: Floats) -> bool:
    """Whether each part brings a share of the growth."""
    parts = [float(np.median(part)) for part in np.array_split(took_ms, _PARTS) if len(part)]
    steps = np.diff(parts)
    grown = parts[-1] - parts[0] if parts else 0.0
    return len(parts) == _PARTS and grown > 0 and bool((steps >= _LEAST_SHARE * grown).all())
