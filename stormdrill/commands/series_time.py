"""How long the drills of a series take, known before: by their faults' own times where all goes well, else by their deadlines."""

from dataclasses import dataclass
from typing import Self

from chaos.planned_strikes import prepare_strikes
from chaos.registry import drill_facts
from scenarios.plan.scenario import Scenario

AROUND_S = 7.5
"""Around the load of one drill, on two quiet cores: preparation, read-back and healing, and what a world takes longer (docs/drills.md)."""

_RECOVERS_S = 1.0
_HOLDS_MORE_S = 3.0  # than the window, until the load ends
_SETTLES_S = 7.0  # from when all is taken back: it is whole, and has been calm for six


@dataclass(frozen=True, slots=True)
class SeriesTime:
    """Seconds of one drill, or of several."""

    usual_s: float  # all recovers by its own limit, or when it is taken back
    most_s: float  # nothing recovers before its deadline

    @classmethod
    def of(cls, plan: Scenario) -> Self:
        """Of one drill over its own load."""
        return cls(usual_load_s(plan) + AROUND_S, plan.lasts_s + AROUND_S)

    def __add__(self, other: "SeriesTime") -> "SeriesTime":
        """Both, one after the other."""
        return SeriesTime(self.usual_s + other.usual_s, self.most_s + other.most_s)

    def __str__(self) -> str:
        """As it is told to people."""
        return f"about {self.usual_s / 60:.0f} min; {self.most_s / 60:.0f} min if nothing recovers before its deadline"


def usual_load_s(plan: Scenario) -> float:
    """Seconds of load where each drill recovers by the limit that it states, or when what it breaks is taken back, where that is sooner."""
    last = max(prepare_strikes(plan), key=lambda one: one.last_end()[0])
    facts, ends_s = drill_facts(last.strike.drill), last.last_end()[0]
    recovers_s = min(ends_s, last.strike.at_s + facts.rto_s) if facts else ends_s
    holds_s = recovers_s + _RECOVERS_S + last.strike.planned.window + _HOLDS_MORE_S
    return min(plan.lasts_s, max(holds_s, ends_s + _SETTLES_S + (last.strike.planned.long_window or 0.0)))
