"""The plan's figures of risk against the limits that the scenario gives them, and when each limit was passed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.books import effect_of
from reports.measures.risk import first_within, proving, risk, small_sums
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence

_ENOUGH_PROOFS = 100
"""Before so many a share says little: of fewer no moment is told."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A figure, what it may be at most, and when in seconds since T0 it was passed; None where it was not, or nobody can say."""

    what: str
    value: float
    limit: float
    passed_s: float | None

    @property
    def fires(self) -> bool:
        """Whether there is more than may be."""
        return self.value > self.limit


def alarms(evidence: "Evidence") -> list[Alarm]:
    """One for each limit that the scenario gives, in the plan's order."""
    limits, figures, found = evidence.plan.scenario.campaign.risk.alarms, risk(evidence), []
    if limits.small_often is not None:
        value = len(figures.small_often)
        passed_s = _nth(_again_and_again(evidence), limits.small_often)
        found.append(Alarm("customers who move small sums again and again", value, limits.small_often, passed_s))
    if limits.failed_proofs is not None and (asked := sum(one.asked for one in figures.proofs)):
        share = sum(one.failed for one in figures.proofs) / asked
        found.append(
            Alarm(
                "percent of the proofs of identity that fail",
                100 * share,
                100 * limits.failed_proofs,
                _failing(evidence, limits.failed_proofs),
            )
        )
    if limits.tickets is not None and figures.per_thousand is not None:
        passed_s = _nth(_tickets(evidence), int(limits.tickets * figures.customers / 1000))
        found.append(Alarm("tickets for a thousand customers", figures.per_thousand, limits.tickets, passed_s))
    return found


def _nth(moments_ns: list[int], number: int) -> float | None:
    """When the one behind so many came."""
    return sorted(moments_ns)[number] / 1e9 if len(moments_ns) > number else None


def _again_and_again(evidence: "Evidence") -> list[int]:
    rule = evidence.plan.scenario.campaign.risk
    met = (first_within(at_ns, int(rule.within_s * 1e9), rule.times) for at_ns in small_sums(evidence).values())
    return [at_ns for at_ns in met if at_ns is not None]


def _failing(evidence: "Evidence", limit: float) -> float | None:
    """From the hundredth on, when the share of all until then was greater for the first time."""
    attempts = evidence.customer_attempts.sent.operations
    mine = attempts.select(np.isin(attempts.op, [index for index, _ in proving(evidence)]))
    order = np.argsort(mine.intended_ns, kind="stable")
    failed = np.isin(mine.outcome[order], (Outcome.REFUSAL, Outcome.FAILURE))
    share = np.cumsum(failed) / np.arange(1, len(failed) + 1)
    over = np.flatnonzero(share[_ENOUGH_PROOFS - 1 :] > limit)
    return float(mine.intended_ns[order][over[0] + _ENOUGH_PROOFS - 1]) / 1e9 if len(over) else None


def _tickets(evidence: "Evidence") -> list[int]:
    plan, keys = evidence.plan, evidence.keys
    people = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.person]
    found: list[int] = keys.ended_ns[np.isin(keys.op, people) & (keys.outcome == Outcome.SUCCESS)].tolist()
    return found
