"""Who brought how many friends, and what they got for it: by what the friends were told, and by what the read-back tells."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.aggregation import Keys
from reports.measures.arrays import I64, column, integers, known, optional
from reports.measures.books import effect_of, whole
from scenarios.run.outcomes import Outcome
from scenarios.run.records import answer_digest
from scenarios.target.effects import invited_terms

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass
class Inviter:
    """One who invites."""

    customer: int
    told: set[int] = field(default_factory=set)  # friends who were told that they count
    recorded: dict[int, int] = field(default_factory=dict)  # friends by the read-back, and how often each
    coupons_fen: list[int | None] = field(default_factory=list)
    last_ms: float = 0.0  # when something last happened for them, by the target's clock

    @property
    def friends(self) -> set[int]:
        """All who count, by either word."""
        return self.told | set(self.recorded)


def inviters(evidence: "Evidence") -> dict[int, Inviter]:
    """Everybody for whom a friend counts or who got a coupon, by their number.

    Raises:
        NotMapped: the target's file does not say whose invitation an effect completes, or nobody came by one.
        NoEvidence: the effects or the rewards are not there.
    """
    plan = evidence.plan
    mapped = {name for name, operation in plan.target.operations.items() if operation.effect and operation.effect.invited_by}
    if not mapped:
        raise NotMapped("no effect in the target's file says whose invitation it completes (`invited_by`)")
    if not evidence.has("rewards"):
        raise NotMapped("the target's read-back has no rewards")
    found: defaultdict[int, Inviter] = defaultdict(lambda: Inviter(-1))
    _told(evidence, mapped, found)
    _recorded(evidence, found)
    _rewarded(evidence, found)
    if not found and not evidence.asks(mapped):
        raise NotMapped("no customer of this run came by an invitation")
    for number, one in found.items():
        one.customer = number
    return dict(sorted(found.items()))


def _told(evidence: "Evidence", mapped: set[str], found: "defaultdict[int, Inviter]") -> None:
    """What the friends were told, by the inviter whom they had named."""
    keys = evidence.keys
    ops = [evidence.plan.operations.index(name) for name in mapped]
    successes = np.flatnonzero(np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS)).tolist()
    if not successes:
        return
    named, customers = set(keys.terms[successes].tolist()), range(evidence.plan.scenario.population.customers)
    names = {digest: number for number in customers if (digest := answer_digest(invited_terms(number))) in named}
    for row in successes:
        inviter = names.get(int(keys.terms[row]))
        if inviter is not None:
            found[inviter].told.add(int(keys.customer[row]))


def _recorded(evidence: "Evidence", found: "defaultdict[int, Inviter]") -> None:
    effects = evidence.table("effects")
    inviter, customer, at_ms = optional(effects, "inviter"), optional(effects, "customer"), optional(effects, "at_ms")
    ops = column(effects, "op")
    for row in np.flatnonzero(known(inviter)).tolist():
        effect = effect_of(evidence.plan, ops[row])
        if effect is None or not effect.invited_by:
            continue
        one, friend = found[int(str(whole(inviter[row])))], int(customer[row])
        one.recorded[friend] = one.recorded.get(friend, 0) + 1
        one.last_ms = max(one.last_ms, float(at_ms[row] or 0))


def _rewarded(evidence: "Evidence", found: "defaultdict[int, Inviter]") -> None:
    rewards = evidence.table("rewards")
    kind, fen, at_ms = column(rewards, "kind"), optional(rewards, "amount_fen"), optional(rewards, "at_ms")
    customers = integers(column(rewards, "customer"), "customer").tolist()
    for row, customer in enumerate(customers):
        if kind[row] == "invite":
            found[customer].coupons_fen.append(None if fen[row] is None else int(fen[row]))
            found[customer].last_ms = max(found[customer].last_ms, float(at_ms[row] or 0))


def known_before(evidence: "Evidence") -> set[int]:
    """Customers who were told that the bank knows them before they first asked to be somebody's friend, where the file forbids it."""
    plan, keys = evidence.plan, evidence.keys
    rules = [effect.newcomer for name in plan.operations if (effect := effect_of(plan, name)) and effect.newcomer]
    found: set[int] = set()
    for rule in rules:
        known_since = _first(keys, plan.operations.index(rule.by), keys.ended_ns)
        invited_at = _first(keys, plan.operations.index(rule.since), keys.intended_ns)
        found |= {customer for customer, at_ns in invited_at.items() if known_since.get(customer, at_ns) < at_ns}
    return found


def _first(keys: Keys, op: int, at_ns: I64) -> dict[int, int]:
    """When each customer first succeeded in that."""
    mine = np.flatnonzero((keys.op == op) & (keys.outcome == Outcome.SUCCESS))
    latest_first = mine[np.argsort(-at_ns[mine], kind="stable")]
    return dict(zip(keys.customer[latest_first].tolist(), at_ns[latest_first].tolist(), strict=True))
