"""What the plan watches for risk: small sums moved again and again, proofs of identity that failed, and how many complained."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.arrays import I64
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.target.templates import TextTemplate

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Proofs:
    """Attempts of an operation by which customers prove who they are."""

    op: str
    asked: int
    failed: int  # by a definite no


@dataclass(frozen=True, slots=True)
class Risk:
    """The figures of a run."""

    customers: int  # who asked for anything that has an effect
    small_often: dict[int, int]
    """Customers who moved small sums as often as the scenario says, and how often at most in its time."""
    proofs: tuple[Proofs, ...]
    tickets: int | None  # None where the target's file maps none

    @property
    def per_thousand(self) -> float | None:
        """Tickets for a thousand customers."""
        return None if self.tickets is None or not self.customers else self.tickets * 1000 / self.customers


def risk(evidence: "Evidence") -> Risk:
    """By what customers asked and were answered."""
    plan, keys = evidence.plan, evidence.keys
    people = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.person]
    tickets = int(np.count_nonzero(np.isin(keys.op, people) & (keys.outcome == Outcome.SUCCESS))) if people else None
    return Risk(len(np.unique(keys.customer)), _small_often(evidence), tuple(_proofs(evidence)), tickets)


def _small_often(evidence: "Evidence") -> dict[int, int]:
    rule = evidence.plan.scenario.campaign.risk
    most = {customer: most_within(at_ns, int(rule.within_s * 1e9)) for customer, at_ns in small_sums(evidence).items()}
    return {customer: times for customer, times in sorted(most.items()) if times >= rule.times}


def small_sums(evidence: "Evidence") -> dict[int, I64]:
    """When each customer who did asked to move small sums that were moved, ascending."""
    plan, keys, rule = evidence.plan, evidence.keys, evidence.plan.scenario.campaign.risk
    moving = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.moves]
    amount = keys.amount_fen
    small = np.isin(keys.op, moving) & (keys.outcome == Outcome.SUCCESS) & (amount > 0) & (amount <= rule.small_fen)
    moments: defaultdict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(small).tolist():
        moments[int(keys.customer[row])].append(int(keys.intended_ns[row]))
    return {customer: np.sort(np.array(at_ns, np.int64)) for customer, at_ns in moments.items()}


def first_within(moments: I64, span: int, times: int) -> int | None:
    """The moment at which there had been so many within a span for the first time; as `most_within` counts."""
    late, early = moments[times - 1 :], moments[: max(0, len(moments) - times + 1)]
    met = late[late - early < span]
    return int(met[0]) if len(met) else None


def most_within(moments: I64, span: int) -> int:
    """The most of these moments, ascending, that lie within any span; one that is exactly a span later lies outside."""
    ends = np.searchsorted(moments, moments + span, "left")
    return int((ends - np.arange(len(moments))).max(initial=0))


def _proofs(evidence: "Evidence") -> list[Proofs]:
    """Logins, proofs that rest on another, and being made known to the bank; those that were asked for."""
    attempts = evidence.customer_attempts.sent.operations
    found = []
    for index, name in proving(evidence):
        mine = attempts.op == index
        if mine.any():
            failed = mine & np.isin(attempts.outcome, (Outcome.REFUSAL, Outcome.FAILURE))
            found.append(Proofs(name, int(mine.sum()), int(failed.sum())))
    return found


def proving(evidence: "Evidence") -> Sequence[tuple[int, str]]:
    """Operations by which customers prove who they are, by index and name."""
    plan, mapped = evidence.plan, evidence.plan.target.operations
    token = TextTemplate.of(plan.target.authorisation.value).placeholders
    effects = [one for name in plan.operations if (one := effect_of(plan, name))]
    known = {one.newcomer.by for one in effects if one.newcomer}
    resting = {name for name in plan.operations if (one := effect_of(plan, name)) and one.proven}
    return [
        (index, name)
        for index, name in enumerate(plan.operations)
        if name in mapped
        and (
            name in known
            or (not mapped[name].authorised and token & mapped[name].extract.keys())
            or ((effect := mapped[name].effect) and effect.proven and effect.proven.by not in resting)
        )
    ]
