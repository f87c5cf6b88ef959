"""Fees that a tier of customers is spared: what each was shown, what the read-back tells, and what it may have been by the plan."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT
from scenarios.target.fields import TierName

if TYPE_CHECKING:
    from reports.evidence import Evidence

CLOCK_S = 0.5
"""So near to an end of the window either may be right: the target's clock is not ours."""
_ROUNDED_MS = 1


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee that a customer was told, and those that it may have been."""

    name: str
    at_ms: float
    customer: int
    tier: TierName
    fen: int
    allowed: frozenset[int]


@dataclass(frozen=True)
class Fees:
    """All of a run."""

    shown: list[Fee]
    recorded: list[Fee]
    free_answered: Counter[int]
    """How often each customer was answered that money was sent without a fee."""
    free_recorded: Counter[int]
    """The same, by the read-back."""
    times: int
    """So often each may be."""

    @cached_property
    def by_tier(self) -> dict[TierName, Counter[int]]:
        """How often customers of each tier were shown which fee."""
        found: dict[TierName, Counter[int]] = {}
        for fee in self.shown:
            found.setdefault(fee.tier, Counter())[fee.fen] += 1
        return found


def fees(evidence: "Evidence") -> Fees:
    """What was quoted and what was sent.

    Raises:
        NotMapped: no effect of the target's shows a fee that a tier is spared, or nobody asked for one.
        NoEvidence: the effects are not there.
    """
    plan = evidence.plan
    tiers = {name: one.waived for name in plan.operations if (one := effect_of(plan, name)) and one.waived}
    if not tiers:
        raise NotMapped("no effect in the target's file shows a fee that some are spared (`waived`)")
    if not evidence.asks(tiers):
        raise NotMapped("no customer of this run asked for a fee")
    sends = {name for name in plan.operations if (one := effect_of(plan, name)) and one.quoted and one.quoted.by in tiers}
    asked = _Asked.of(evidence, tiers, sends)
    rows = _recorded(evidence, tiers, sends)
    return Fees(list(_shown(evidence, tiers, asked)), rows[0], asked.free_sent(), rows[1], plan.scenario.campaign.privilege.free)


@dataclass(frozen=True, slots=True)
class _One:
    """An operation as its customer knows it, in seconds since T0."""

    op: str
    name: str
    customer: int
    from_s: float
    until_s: float
    outcome: int
    fen: int

    @property
    def free(self) -> bool:
        return self.outcome == Outcome.SUCCESS and self.fen == 0


@dataclass(frozen=True)
class _Asked:
    """Quotes and what was sent in them, by customer."""

    quotes: dict[int, list[_One]]
    sends: dict[int, list[_One]]

    @classmethod
    def of(cls, evidence: "Evidence", quotes: Iterable[str], sends: Iterable[str]) -> "_Asked":
        return cls(_by_customer(evidence, set(quotes)), _by_customer(evidence, set(sends)))

    def free_sent(self) -> Counter[int]:
        return Counter(one.customer for ones in self.sends.values() for one in ones if one.free)

    def surely_used(self, quote: _One) -> int:
        """Free times that were gone before this quote was asked for."""
        return sum(one.free and one.until_s < quote.from_s for one in self.sends.get(quote.customer, []))

    def perhaps_used(self, quote: _One) -> int:
        """Free times that may have been gone, or promised by another quote, when this one was answered."""
        others = (one for one in self.quotes[quote.customer] if one is not quote and one.from_s < quote.until_s)
        return sum(one.free or one.outcome not in (Outcome.SUCCESS, Outcome.REFUSAL) for one in others)


def _by_customer(evidence: "Evidence", names: set[str]) -> dict[int, list[_One]]:
    keys, operations = evidence.keys, evidence.plan.operations
    ops = [index for index, name in enumerate(operations) if name in names]
    found: defaultdict[int, list[_One]] = defaultdict(list)
    for row in np.flatnonzero(np.isin(keys.op, ops)).tolist():
        name, customer = operations[keys.op[row]], int(keys.customer[row])
        found[customer].append(
            _One(
                name,
                f"{name} {keys.business[row].decode(errors='replace')}",
                customer,
                int(keys.intended_ns[row]) / 1e9,
                int(keys.ended_ns[row]) / 1e9,
                int(keys.outcome[row]),
                int(keys.shown_fen[row]),
            )
        )
    return found


def _shown(evidence: "Evidence", tiers: dict[str, TierName], asked: _Asked) -> Iterable[Fee]:
    privilege, (from_s, until_s) = evidence.plan.scenario.campaign.privilege, evidence.plan.scenario.privilege_s
    for quotes in asked.quotes.values():
        for one in quotes:
            if one.outcome != Outcome.SUCCESS or one.fen == NO_AMOUNT:
                continue
            tier = evidence.tier(one.customer)
            has_it = tier == tiers[one.op] and privilege.free > 0
            outside = one.until_s + CLOCK_S < from_s or one.from_s - CLOCK_S >= until_s
            inside = one.from_s - CLOCK_S >= from_s and one.until_s + CLOCK_S < until_s
            may = has_it and not outside and asked.surely_used(one) < privilege.free
            must = has_it and inside and asked.perhaps_used(one) < privilege.free
            allowed = ({0} if may else set()) | (set() if must else {privilege.fee_fen})
            at_ms = (evidence.t0_ms or 0.0) + one.until_s * 1000
            yield Fee(one.name, at_ms, one.customer, tier, one.fen, frozenset(allowed))


def _recorded(evidence: "Evidence", tiers: dict[str, TierName], sends: set[str]) -> tuple[list[Fee], Counter[int]]:
    """Quotes by the target's own clock, in which the window is half-open; and how often each customer sent without a fee."""
    effects = evidence.table("effects")
    ops, *rest = (column(effects, "op"), *(optional(effects, name) for name in ("id", "customer", "amount_fen", "at_ms")))
    ids, customer, fen, at_ms = rest
    fee_fen, found, free = evidence.plan.scenario.campaign.privilege.fee_fen, [], Counter[int]()
    window = _window_ms(evidence)
    for row in np.flatnonzero(known(customer) & known(fen) & known(at_ms)).tolist():
        who = int(customer[row])
        if ops[row] in sends and int(fen[row]) == 0:
            free[who] += 1
        if (waived := tiers.get(ops[row])) is None:
            continue
        tier, moment = evidence.tier(who), float(at_ms[row])
        inside = window is None or window[0] - _ROUNDED_MS <= moment < window[1] + _ROUNDED_MS
        allowed = {fee_fen, 0} if tier == waived and inside else {fee_fen}
        found.append(Fee(f"{ops[row]} {ids[row]}", moment, who, tier, int(fen[row]), frozenset(allowed)))
    return found, free


def _window_ms(evidence: "Evidence") -> tuple[float, float] | None:
    """As the target was told it, in milliseconds of the epoch; None where it was told none."""
    told = [evidence.plan.statics.get(f"campaign.remit_free_{end}") for end in ("from", "until")]
    if not all(isinstance(text, str) for text in told):
        return None
    start, end = (datetime.fromisoformat(str(text)).timestamp() * 1000 for text in told)
    return start, end
