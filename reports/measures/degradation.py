"""Who was turned away while more customers came than could be served: of what gives way first, next and last."""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import Bools
from reports.measures.calm import in_calm
from reports.measures.chance import by_chance
from reports.measures.kill_switch import in_pause
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence

_ORDER = ("first", "next", "last")
_NS = 1_000_000_000

LEAST = 30
"""So many of each of two classes; else nothing is said of them."""
CHANCE = 1e-4
"""One false alarm in ten thousand comparisons."""
LEAST_MORE = 0.03
"""By so much, beyond chance, must more be turned away of what gives way later."""


@dataclass(frozen=True, slots=True)
class Crowded:
    """A class in the surges."""

    name: str
    count: int
    shed: int

    @property
    def share(self) -> float:
        """Of its operations that were turned away."""
        return self.shed / self.count if self.count else 0.0


def crowded(evidence: "Evidence") -> list[Crowded]:
    """All classes that the target's file tells, the one that gives way first before the others.

    Surges are those of drills, and the scenario's own spikes, apart from what drills broke and from a paused campaign: where a database
    is lost, what needs none is served and all else is not, whatever its class. Only seconds of them count in which somebody was turned
    away; all of them where nobody was.

    Raises:
        NotMapped: the target's file tells no classes, no surge came, or none with two classes in it.
    """
    plan, every = evidence.plan, evidence.traffic.sent.operations
    mapped = plan.target.operations
    of = [_ORDER.index(way) if name in mapped and (way := mapped[name].gives_way) else -1 for name in plan.operations]
    if len({place for place in of if place >= 0}) < 2:  # noqa: PLR2004 - one class is in no order
        raise NotMapped("the target's file does not tell what gives way first, and what last (`gives_way`)")
    place = np.array(of)[np.minimum(every.op, len(of) - 1)]
    shed: Bools = every.outcome == Outcome.SHED
    among = _in_surges(evidence)
    if not among.any():
        raise NotMapped("no surge of customers came in this run")
    second = every.intended_ns // _NS
    if (shed & among).any():
        among &= np.isin(second, np.unique(second[shed & among]))
    among &= place >= 0
    if len(np.unique(place[among])) < 2:  # noqa: PLR2004 - as above
        raise NotMapped("no two classes were asked for in a surge of this run")
    return [
        Crowded(name, int(np.count_nonzero(among & (place == rank))), int(np.count_nonzero(among & shed & (place == rank))))
        for rank, name in enumerate(_ORDER)
    ]


def out_of_order(found: list[Crowded]) -> list[tuple[Crowded, Crowded]]:
    """Pairs of which the later is turned away more than the earlier, beyond chance."""
    return [
        (early, late)
        for early, late in combinations(found, 2)
        if min(early.count, late.count) >= LEAST
        and late.share > early.share + LEAST_MORE
        and by_chance(late.shed, late.count, early.shed, early.count) < CHANCE
    ]


def _in_surges(evidence: "Evidence") -> Bools:
    scenario, intended = evidence.plan.scenario, evidence.traffic.sent.operations.intended_ns
    at_s = intended / _NS
    drilled, spiked = np.zeros(len(at_s), bool), np.zeros(len(at_s), bool)
    for surge in scenario.surges:
        drilled |= (at_s >= surge.at_s) & (at_s < surge.ends_s)
    for start_s, end_s in (scenario.span(phase.name) for phase in scenario.phases if phase.spike):
        spiked |= (at_s >= start_s) & (at_s < end_s)
    found: Bools = drilled | (spiked & in_calm(evidence, at_s) & ~in_pause(evidence, at_s))
    return found
