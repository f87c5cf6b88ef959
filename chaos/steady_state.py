"""Pure judgements on live figures: whether the state is steady enough to strike, and whether it has come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import floor, sqrt

import numpy as np

from scenarios.plan.scenario import STEADY_S
from scenarios.run.live_window import LiveWindow, Second
from scenarios.run.outcomes import Outcome

TECHNICAL_RATIO = 0.001
"""Technical failures that a steady state may have."""

_LEAST = 20  # answers in 10 s, below which nothing can be said
_HALF = STEADY_S / 2
_HOLD_RATIO = 0.95
_LEAST_SHARE = 0.5  # of the answers that the time before had


@dataclass(frozen=True, slots=True)
class Steady:
    """Whether it is, and what was seen."""

    holds: bool
    evidence: str
    pulse_ratio: float = 1.0  # of correct answers on the pulse
    pulse_per_s: float = 0.0


def judge_steady(window: LiveWindow, p99_limit_ms: float) -> Steady:
    """Whether success ratio and latency hold over the last 10 s, whatever the rate does.

    Technical failures (failure, unknown) are at most 0.1 %, or so few that 0.1 % may well have given them: at most m + 1 + 3 sqrt(m), with
    m = n / 1000.
    The p99 of the pulse keeps its limit in each half, and the pulse is answered in both halves alike: a system that stops answering has
    no failures to show.
    """
    everything, pulse = _recent(window.seconds, window.now_s), _recent(window.pulse, window.now_s)
    count, failed = _count(everything), _failed(everything)
    expected = count * TECHNICAL_RATIO
    seen = f"{failed} technical failures of {count} answers in {len(everything)} s"
    if len(pulse) < STEADY_S - 1 or count < _LEAST or not _count(pulse):
        return Steady(holds=False, evidence=f"too little is known: {seen}, {_count(pulse)} of them on the pulse")
    if failed > expected + 1 + 3 * sqrt(expected):
        return Steady(holds=False, evidence=seen)
    middle = window.now_s - _HALF
    halves = [second for second in pulse if second.start_s < middle], [second for second in pulse if second.start_s >= middle]
    slowest_ms = max(_p99_ms(half) for half in halves)
    seen += f", p99 {slowest_ms:.0f} ms"
    if slowest_ms > p99_limit_ms:
        return Steady(holds=False, evidence=f"{seen}, above its limit of {p99_limit_ms:g} ms")
    if _count(halves[1]) < _LEAST_SHARE * _count(halves[0]):
        return Steady(holds=False, evidence=f"{seen}; the pulse went from {_count(halves[0])} answers in a half to {_count(halves[1])}")
    return Steady(holds=True, evidence=seen, pulse_ratio=_ratio(pulse), pulse_per_s=_count(pulse) / len(pulse))


def recovered_s(window: LiveWindow, struck_s: float, before: Steady, hold_s: float) -> float | None:
    """Approximate recovery time: the first second after the blow from which on all seconds of a window of `hold_s` are as before.

    None where none has been seen so far. As before means: the ratio of correct answers is at least 0.95 of what it was, among at
    least half as many answers.
    """
    after = [second for second in window.pulse if second.start_s >= struck_s]
    since: float | None = None
    for second in after:
        if not _as_before(second, before):
            since = None
        elif since is None:
            since = second.start_s
        if since is not None and second.start_s + 1 - since >= hold_s:
            return max(0.0, since - struck_s)
    return None


def is_calm(window: LiveWindow, since_s: float, before: Steady, hold_s: float, p99_limit_ms: float) -> bool:
    """Whether since some second after that time all has been as before for `hold_s`, and the p99 of the pulse keeps its limit meanwhile."""
    held = [second for second in window.pulse if second.start_s >= window.now_s - hold_s]
    return recovered_s(window, since_s, before, hold_s) is not None and _p99_ms(held) <= p99_limit_ms


def _as_before(second: Second, before: Steady) -> bool:
    return second.count >= _LEAST_SHARE * before.pulse_per_s and second.success_ratio >= _HOLD_RATIO * before.pulse_ratio


def _recent(seconds: Sequence[Second], now_s: float) -> list[Second]:
    return [second for second in seconds if second.start_s >= floor(now_s) - STEADY_S]


def _count(seconds: Sequence[Second]) -> int:
    return sum(second.count for second in seconds)


def _failed(seconds: Sequence[Second]) -> int:
    return sum(second.outcomes.get(Outcome.FAILURE, 0) + second.outcomes.get(Outcome.UNKNOWN, 0) for second in seconds)


def _ratio(seconds: Sequence[Second]) -> float:
    count = _count(seconds)
    return sum(second.correct for second in seconds) / count if count else 1.0


def _p99_ms(seconds: Sequence[Second]) -> float:
    latencies = list(chain.from_iterable(second.latencies_ms for second in seconds))
    return float(np.quantile(latencies, 0.99)) if latencies else 0.0
