"""Drills as planned, and their strikes: each time that a drill hits is one of its own, named alike in plan, events, findings and gates.

The first strike of a drill has the drill's name, the later ones in time `primary-kill#2`, `primary-kill#3`. In a gate the drill's name
means all of its strikes, and `primary-kill#1` the first alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from scenarios.plan.phases import Duration
from scenarios.strict import Strict
from scenarios.target.fields import InnerName, Name


class PlannedDrill(Strict):
    """A drill and when it strikes. Its own further settings stand beside, as the drill defines them."""

    drill: Name
    at: str = Field(max_length=100, description="a time since the start, as '20 s', or 'PHASE' or 'PHASE + 8 s'")
    deadline: Duration = Field(default=15.0, description="by when it must have recovered; else its recovery is '> deadline'")
    window: Duration = Field(default=10.0, description="W: how long the recovered state must hold; 60 s in a real drill")
    long_window: Duration | None = Field(
        default=None,
        description="for so long after all is taken back it is looked at whether the system holds itself down; 300 s in a real drill",
    )
    p99_limit_ms: float = Field(default=2000.0, gt=0, le=600_000.0, description="of the pulse over the whole of W")
    settings: dict[InnerName, Annotated[str, Field(max_length=1000)] | float | bool] = Field(
        default={}, max_length=100, description="fields of the drill's faults"
    )


@dataclass(frozen=True, slots=True)
class Strike:
    """A planned drill's one time."""

    planned: PlannedDrill
    number: int  # among the strikes of its drill, from 1
    at_s: float  # planned, since T0

    @property
    def drill(self) -> str:
        """Whose it is."""
        return self.planned.drill

    @property
    def id(self) -> str:
        """What tells it from all other strikes of the scenario."""
        return self.drill if self.number == 1 else f"{self.drill}#{self.number}"

    @property
    def deadline_s(self) -> float:
        """By when it must have recovered, since T0."""
        return self.at_s + self.planned.deadline


def number_strikes(planned: Iterable[tuple[float, PlannedDrill]]) -> list[Strike]:
    """Strikes by time, from times and drills; those of one drill are numbered in that order."""
    found: list[Strike] = []
    count: Counter[str] = Counter()
    for at_s, drill in sorted(planned, key=lambda one: one[0]):
        count[drill.drill] += 1
        found.append(Strike(drill, count[drill.drill], at_s))
    return found


def strikes_named(name: str, strikes: Sequence[Strike]) -> list[Strike]:
    """The strikes that a gate means by a name; none where there are no such."""
    return [strike for strike in strikes if name in (strike.drill, f"{strike.drill}#{strike.number}")]


def names_of(strikes: Sequence[Strike]) -> list[str]:
    """All that a gate may name."""
    repeated = {strike.drill for strike in strikes if strike.number > 1}
    numbered = [f"{strike.drill}#{strike.number}" for strike in strikes if strike.drill in repeated]
    return [*dict.fromkeys(strike.drill for strike in strikes), *numbered]
