"""When a service gets a node more or a node less: pure, from how full its nodes were."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

Direction = Literal["out", "in"]


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """The rule. Out and in are far apart: who is taken away on calm is not missed at the same load, so nothing flaps."""

    least: int = 1
    most: int = 2
    out_at: float = 0.75  # share of its places that a node has held in the mean of the window
    queue_at: float = 1.0  # operations that have waited at a node, in the mean of the window
    window_s: float = 2.0
    in_to: float = 0.5  # how full the others may be, at most, once one is taken away
    calm_s: float = 10.0  # for which that must have been so, at every reading
    cool_down_s: float = 4.0  # from one change to the next


USUAL = ScalingPolicy()


@dataclass(frozen=True, slots=True)
class Reading:
    """How full the nodes were in the time until `at_s`, in the mean of those that serve."""

    at_s: float
    utilisation: float
    waiting: float


class Scaler:
    """Reads, and decides. Readings of another number of nodes say nothing of this one and are forgotten with each change."""

    def __init__(self, policy: ScalingPolicy, at_s: float) -> None:
        """Begins as if something had been changed just now."""
        self.policy = policy
        self._changed_s = at_s
        self._readings: deque[Reading] = deque()

    def note(self, reading: Reading) -> None:
        """One more. Readings come in the order of time."""
        self._readings.append(reading)
        kept_s = max(self.policy.calm_s, self.policy.window_s)
        while len(self._readings) > 1 and self._readings[1].at_s <= reading.at_s - kept_s:
            self._readings.popleft()

    def changed(self, at_s: float) -> None:
        """The number of nodes is another one since then."""
        self._changed_s = at_s
        self._readings.clear()

    def decide(self, at_s: float, nodes: int) -> Direction | None:
        """What to do with so many nodes; None where all is well, or it is too early to tell."""
        policy = self.policy
        if at_s - self._changed_s < policy.cool_down_s:
            return None
        if nodes < policy.least:
            return "out"
        if nodes > policy.most:
            return "in"
        if nodes < policy.most and self._full(at_s):
            return "out"
        return "in" if nodes > policy.least and self._calm(at_s, nodes) else None

    def _full(self, at_s: float) -> bool:
        recent = [one for one in self._readings if one.at_s > at_s - self.policy.window_s]
        if not self._reach_back(at_s - self.policy.window_s) or not recent:
            return False
        utilisation = sum(one.utilisation for one in recent) / len(recent)
        waiting = sum(one.waiting for one in recent) / len(recent)
        return utilisation >= self.policy.out_at or waiting >= self.policy.queue_at

    def _calm(self, at_s: float, nodes: int) -> bool:
        recent = [one for one in self._readings if one.at_s > at_s - self.policy.calm_s]
        if not self._reach_back(at_s - self.policy.calm_s) or not recent:
            return False
        fullest = max(one.utilisation for one in recent) * nodes / (nodes - 1)
        return fullest <= self.policy.in_to and max(one.waiting for one in recent) < self.policy.queue_at

    def _reach_back(self, to_s: float) -> bool:
        """Whether there are readings since then or before."""
        return bool(self._readings) and self._readings[0].at_s <= to_s
