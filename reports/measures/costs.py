"""What the campaign has cost in a run, and what it has brought: granted things at their worth, money paid, customers brought, outages."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.attributions import links
from reports.measures.books import effect_of
from scenarios.plan.crowd import bots_of

if TYPE_CHECKING:
    from reports.evidence import Evidence

_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Granted:
    """Things of one kind, by the read-back."""

    kind: str  # an operation, or a reward's kind
    count: int
    fen: int


@dataclass(frozen=True, slots=True)
class Costs:
    """All of it. What was granted is owed at most: a part is never redeemed, and what is redeemed is among what was paid."""

    granted: tuple[Granted, ...]
    paid_fen: int  # into customers' accounts
    brought: int  # customers whom a link or an invitation brought
    bots: int  # of them
    outage_s: float  # as long as a whole outage that would have turned as many away
    customer_fen: int | None  # what one is worth, by the scenario
    outage_minute_fen: int | None  # what a minute of outage costs, by the scenario

    @property
    def each_fen(self) -> float | None:
        """The cost of a customer who was brought."""
        return self.paid_fen / self.brought if self.brought else None

    @property
    def each_person_fen(self) -> float | None:
        """The same without bots: all that was paid, theirs included, for each customer who is none."""
        return self.paid_fen / (self.brought - self.bots) if self.brought > self.bots else None

    @property
    def returned(self) -> float | None:
        """Return on what was paid: (worth - paid) / paid. None where nobody says what a customer is worth, or nothing was paid."""
        if self.customer_fen is None or not self.paid_fen:
            return None
        return (self.customer_fen * self.brought - self.paid_fen) / self.paid_fen

    @property
    def outage_fen(self) -> float | None:
        """The cost of all outages."""
        return None if self.outage_minute_fen is None else self.outage_s / _MINUTE_S * self.outage_minute_fen


def costs(evidence: "Evidence") -> Costs:
    """Of a run. Raises NotMapped where the read-back tells of nothing granted and nothing paid, NoEvidence where it is damaged."""
    granted = (*_things(evidence), *_rewards(evidence))
    paid_fen = _paid_fen(evidence)
    if not granted and not paid_fen:
        raise NotMapped("the read-back tells of nothing that was granted or paid")
    worth = evidence.plan.scenario.campaign.worth
    outage_s = sum(recovery.outage_equivalent_s or 0.0 for recovery in evidence.recoveries)
    brought = _brought(evidence)
    return Costs(granted, paid_fen, len(brought), _bots(evidence, brought), outage_s, worth.customer_fen, worth.outage_minute_fen)


def _bots(evidence: "Evidence", customers: set[int]) -> int:
    scenario = evidence.plan.scenario
    bots = bots_of(scenario.crowd, evidence.plan.seed, scenario.population.customers)
    return sum(bool(bots[number]) for number in customers if 0 <= number < len(bots))


def _things(evidence: "Evidence") -> list[Granted]:
    """Prizes, by the operation that granted them."""
    mapped = [name for name in evidence.plan.operations if (one := effect_of(evidence.plan, name)) and one.grants]
    if not mapped:
        return []
    effects = evidence.table("effects")
    ops, fen = column(effects, "op"), optional(effects, "amount_fen")
    return _by_kind(ops[np.isin(ops, mapped)].tolist(), fen[np.isin(ops, mapped)].tolist())


def _rewards(evidence: "Evidence") -> list[Granted]:
    if not evidence.has("rewards"):
        return []
    rewards = evidence.table("rewards")
    return _by_kind(column(rewards, "kind").tolist(), optional(rewards, "amount_fen").tolist())


def _by_kind(kinds: list[object], fen: list[object]) -> list[Granted]:
    count, sums = Counter(map(str, kinds)), Counter[str]()
    for kind, worth in zip(kinds, fen, strict=True):
        sums[str(kind)] += int(str(worth)) if worth is not None else 0
    return [Granted(kind, count[kind], sums[kind]) for kind in sorted(count)]


def _paid_fen(evidence: "Evidence") -> int:
    if not evidence.has("payouts"):
        return 0
    fen = optional(evidence.table("payouts"), "amount_fen")
    return sum(int(one) for one in fen[known(fen)])


def _brought(evidence: "Evidence") -> set[int]:
    """Whom the read-back owes to a link, and who counts as somebody's friend."""
    linked = _or_nobody(lambda: {customer for link in links(evidence).values() for customer in link.customers})
    return linked | _or_nobody(lambda: {friend for one in evidence.inviters.values() for friend in one.recorded})


def _or_nobody(people: Callable[[], set[int]]) -> set[int]:
    try:
        return people()
    except (NotMapped, NoEvidence):
        return set()
