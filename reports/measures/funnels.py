"""What became of the customers of each channel, tier and segment: who came, did anything, moved money, was granted something."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.attributions import links
from reports.measures.books import effect_of
from scenarios.plan.crowd import segments_of
from scenarios.plan.tiers import TIERS
from scenarios.run.outcomes import Outcome
from scenarios.run.records import STREAM_CROWD
from scenarios.target.named_places import named_in

if TYPE_CHECKING:
    from reports.evidence import Evidence


_TIER = re.compile(r"\{(tier)\b")


@dataclass(frozen=True, slots=True)
class Funnel:
    """Customers at each step; each step's are among those of the one before it, but for grants, which are among who acted."""

    name: str  # of their channel, tier or segment
    came: int
    acted: int
    paid: int
    granted: int


def channel_funnels(evidence: "Evidence") -> list[Funnel]:
    """By the channel that the read-back owes each customer to, most customers first. Raises NotMapped and NoEvidence as `links`."""
    came: defaultdict[str, set[int]] = defaultdict(set)
    for name, link in links(evidence).items():
        came[name.partition("/")[0]].update(link.customers)
    return sorted(_funnels(evidence, came), key=lambda one: (-one.came, one.name))


def tier_funnels(evidence: "Evidence") -> list[Funnel]:
    """By customers' tiers, of all who asked for anything that changes something.

    Raises:
        NotMapped: the target is not told of tiers, or nobody asked.
    """
    population = evidence.plan.scenario.population
    if not tells_tiers(evidence):
        raise NotMapped("the target's file sends no customer's tier (`{tier}`)")
    return _of_who_asked(evidence, [evidence.tier(number) for number in range(population.customers)], TIERS)


def tells_tiers(evidence: "Evidence") -> bool:
    """Whether the target is told of its customers' tiers."""
    return any(named_in(evidence.plan.target.model_dump(), _TIER))


def segment_funnels(evidence: "Evidence") -> list[Funnel]:
    """By customers' segments, of all who asked for anything that changes something.

    Raises:
        NotMapped: the scenario's crowd has no segments, or nobody asked.
    """
    scenario = evidence.plan.scenario
    segments = scenario.crowd.segments
    if not segments:
        raise NotMapped("the scenario's crowd has no segments")
    names = [segment.name for segment in segments]
    of = [names[number] for number in segments_of(segments, evidence.plan.seed, scenario.population.customers).tolist()]
    return _of_who_asked(evidence, of, names)


def _of_who_asked(evidence: "Evidence", of: Sequence[str], names: Iterable[str]) -> list[Funnel]:
    """`of` is what group each customer is of."""
    acks = evidence.acks
    asked = np.unique(acks["customer"][acks["operation_id"] >> np.uint64(60) == STREAM_CROWD]).tolist()
    came = {name: {number for number in asked if number < len(of) and of[number] == name} for name in names}
    if not any(came.values()):
        raise NotMapped("no customer of this run asked for anything that changes something")
    return _funnels(evidence, came)


def who_paid(evidence: "Evidence") -> set[int]:
    """Customers who were told that they had moved money."""
    _, paying, _ = _steps(evidence)
    return _who(evidence, paying)


def _funnels(evidence: "Evidence", came: Mapping[str, set[int]]) -> list[Funnel]:
    acted, paid, granted = (_who(evidence, names) for names in _steps(evidence))
    return [
        Funnel(name, len(people), len(people & acted), len(people & acted & paid), len(people & acted & granted))
        for name, people in came.items()
    ]


def _steps(evidence: "Evidence") -> tuple[list[str], list[str], list[str]]:
    """Operations with an effect beside being owed to a link; those that move money; those that grant a thing or pay it out."""
    effects = {name: one for name in evidence.plan.operations if (one := effect_of(evidence.plan, name)) and not one.credits}
    paying = [name for name, one in effects.items() if one.moves]
    granting = [name for name, one in effects.items() if one.grants or one.pays or one.bucket]
    return list(effects), paying, granting


def _who(evidence: "Evidence", names: Iterable[str]) -> set[int]:
    """Customers who were told that one of these had succeeded."""
    keys = evidence.keys
    ops = [evidence.plan.operations.index(name) for name in names]
    return set(keys.customer[np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS)].tolist())
