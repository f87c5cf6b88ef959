"""When one path of the pulse is as it was before a fault: the one definition, by which a load may end early and by which it is judged.

A = operations intended, G = correct and in time, r = G/A, r0 its value in the 10 s before zero. t is the first time after zero (steps of
0.1 s) such that every 1 s window beginning in [t, t + W - 1 s] has r >= 0.95 r0, and the p99 over [t, t + W) keeps its limit: whoever comes
from t on feels nothing any more. All of [t, t + W) must have been under load.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from scenarios.run.folder import Plan

I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NS = 1_000_000_000
STEP_NS = 100_000_000
HOLDS_PERCENT = 95
_STEPS_PER_S = 10
_P99_PERCENT = 99


@dataclass(frozen=True, slots=True)
class AskedPath:
    """The operations of one path, ascending by intended time."""

    intended_ns: I64
    latency_us: I64
    answered: Bools  # False: the latency is a lower bound
    good_before: I64  # of each position, and behind the last one: how many before it were correct and in time

    @classmethod
    def of(cls, intended_ns: I64, latency_us: I64, answered: Bools, good: Bools) -> Self:
        """All of one length, and in order."""
        return cls(intended_ns, latency_us, answered, np.concatenate([[0], np.cumsum(good)]).astype(np.int64))

    def between(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """Operations intended in [start, end), and how many of them were good."""
        low, high = np.searchsorted(self.intended_ns, (start_ns, end_ns))
        return int(high - low), int(self.good_before[high] - self.good_before[low])

    def windows(self, starts_ns: I64, length_ns: int) -> tuple[I64, I64]:
        """The same for many windows of one length."""
        low = np.searchsorted(self.intended_ns, starts_ns)
        high = np.searchsorted(self.intended_ns, starts_ns + length_ns)
        return (high - low).astype(np.int64), self.good_before[high] - self.good_before[low]

    def p99_holds(self, start_ns: int, length_ns: int, limit_ms: float) -> bool:
        """Whether at least 99 % of those intended in the window, and one, were answered within the limit: by the nearest rank."""
        low, high = np.searchsorted(self.intended_ns, (start_ns, start_ns + length_ns))
        within = int(np.count_nonzero(self.answered[low:high] & (self.latency_us[low:high] / 1000 <= limit_ms)))
        return within >= max(1, -(-int(high - low) * _P99_PERCENT // 100))


def felt_by_latecomers_s(
    asked: AskedPath, zero_ns: int, ends_ns: int, before: tuple[int, int], window_s: float, p99_limit_ms: float
) -> tuple[float, bool]:
    """T in seconds after zero, and whether it is censored: then it is greater than that.

    `before` is what was intended in the 10 s before zero, and how much of it was good; neither may be 0.
    """
    window_ns = round(window_s * NS)
    last = (ends_ns - window_ns - zero_ns) // STEP_NS  # the last t whose whole W was under load
    if last < 0:
        return 0.0, True
    held = round((window_s - 1) * _STEPS_PER_S) + 1
    starts = zero_ns + STEP_NS * np.arange(last + held, dtype=np.int64)
    intended, good = asked.windows(starts, NS)
    holds = (intended > 0) & (good * before[0] * 100 >= HOLDS_PERCENT * before[1] * intended)
    broken_before = np.concatenate([[0], np.cumsum(~holds)])
    for t in np.flatnonzero(broken_before[held : held + last + 1] == broken_before[: last + 1]).tolist():
        if asked.p99_holds(zero_ns + t * STEP_NS, window_ns, p99_limit_ms):
            return t / _STEPS_PER_S, False
    return int(last) / _STEPS_PER_S, True


def changes_something(plan: Plan) -> Bools:
    """Of each operation's index: whether the target's file maps an effect of it."""
    mapped = plan.target.operations
    return np.array([bool(name in mapped and mapped[name].effect) for name in plan.operations] or [False])


def in_time_us(plan: Plan) -> I64:
    """Of each operation's index: how long an answer in time may take."""
    slo = plan.scenario.slo
    return np.where(changes_something(plan), round(slo.effect_ms * 1000), round(slo.read_ms * 1000)).astype(np.int64)
