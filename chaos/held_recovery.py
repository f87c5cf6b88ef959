"""Whether the judge will find a recovery that has held: what it will ask is asked of the live samples, by its own definition."""

from math import floor

import numpy as np

from scenarios.plan.scenario import STEADY_S
from scenarios.plan.strikes import PlannedDrill
from scenarios.run.folder import Plan
from scenarios.run.latency import latency_us, unanswered
from scenarios.run.live_window import LiveWindow
from scenarios.run.outcomes import CORRECT
from scenarios.run.records import FLAG_UNSENT
from scenarios.run.recovery_window import NS, AskedPath, felt_by_latecomers_s, in_time_us

_ANSWERED_WITHIN_S = 2.0  # a live window has only what was answered, so the latest seconds of it are not whole yet


class HeldRecovery:
    """The recovery of one strike on every path of the pulse, as seen so far."""

    def __init__(self, plan: Plan, planned: PlannedDrill, zero_s: float) -> None:
        """`zero_s`: when it struck, since T0."""
        pulse = plan.scenario.pulse
        self._paths = [plan.operations.index(name) for name in (pulse.operations if pulse else [])]
        self._in_time_us = in_time_us(plan)
        self._planned, self._zero_ns = planned, round(zero_s * NS)
        self._whole_within_s = max(_ANSWERED_WITHIN_S, planned.p99_limit_ms / 1000)
        self._before: list[tuple[int, int]] = []  # of each path, once all that was asked before zero should be answered
        self._held = False

    def look(self, window: LiveWindow) -> bool:
        """Whether each path has held for the whole of W, with its p99 in its limit. Once it has, it has for good."""
        whole_ns = round((floor(window.now_s) - self._whole_within_s) * NS)
        if self._held or whole_ns < self._zero_ns:
            return self._held
        asked = [self._asked(window, path) for path in self._paths]
        self._before = self._before or [path.between(self._zero_ns - round(STEADY_S * NS), self._zero_ns) for path in asked]
        self._held = bool(asked) and all(self._holds(path, whole_ns, before) for path, before in zip(asked, self._before, strict=True))
        return self._held

    def _holds(self, asked: AskedPath, whole_ns: int, before: tuple[int, int]) -> bool:
        if not all(before):
            return False
        _, censored = felt_by_latecomers_s(asked, self._zero_ns, whole_ns, before, self._planned.window, self._planned.p99_limit_ms)
        return not censored

    def _asked(self, window: LiveWindow, path: int) -> AskedPath:
        samples = window.pulse_samples[window.pulse_samples["operation_index"] == path]
        samples = samples[np.argsort(samples["intended_ns"], kind="stable")]
        outcome, flags, took_us = samples["outcome"], samples["flags"], latency_us(samples)
        good = np.isin(outcome, CORRECT) & (flags & FLAG_UNSENT == 0) & (took_us <= self._in_time_us[path])
        return AskedPath.of(samples["intended_ns"], took_us, ~unanswered(outcome, flags), good)
