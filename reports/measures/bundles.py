"""Bundles: each order beside the other service's half of it, and beside the coupons that it earned."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.finding import NotMapped
from reports.measures.arrays import column, integers, optional
from reports.measures.books import effect_of
from scenarios.target.effects import Bundle

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Order:
    """A bundle as the read-back tells it; `done` is None where it has not come to an end."""

    name: str
    customer: int
    done: bool | None
    at_ms: float


@dataclass(frozen=True, slots=True)
class Bundles:
    """All orders, how often a plan stands by the order's name, and the coupons of each customer in fen."""

    orders: list[Order]
    plans: Counter[str]
    coupons_fen: dict[int, list[int]]


def bundles(evidence: "Evidence") -> Bundles:
    """What the read-backs of both services tell.

    Raises:
        NotMapped: no effect of the target's is a bundle, the read-back does not tell the plans or the rewards, or nobody asked for one.
        NoEvidence: a table is not there.
    """
    plan = evidence.plan
    rules = {name: one.bundles for name in plan.operations if (one := effect_of(plan, name)) and one.bundles}
    if not rules:
        raise NotMapped("no effect in the target's file is a bundle (`bundles`)")
    for role in ("plans", "rewards"):
        if not evidence.has(role):
            raise NotMapped(f"the target's read-back has no {role}")
    orders, plans = _orders(evidence, rules), Counter(map(str, column(evidence.table("plans"), "ref")))
    coupons: defaultdict[int, list[int]] = defaultdict(list)
    rewards = evidence.table("rewards")
    customers = integers(column(rewards, "customer"), "customer").tolist()
    for kind, customer, fen in zip(column(rewards, "kind"), customers, optional(rewards, "amount_fen"), strict=True):
        if kind == "bundle":
            coupons[customer].append(int(fen))
    if not (orders or plans or coupons) and not evidence.asks(rules):
        raise NotMapped("no customer of this run asked for a bundle")
    return Bundles(orders, plans, dict(coupons))


def cross_sold(found: Bundles, buyers: set[int]) -> tuple[int, int]:
    """How many customers have a whole bundle, and how many might: all who moved money, and those who have one."""
    holders = {order.customer for order in found.orders if order.done}
    return len(holders), len(holders | buyers)


def _orders(evidence: "Evidence", rules: dict[str, Bundle]) -> list[Order]:
    effects = evidence.table("effects")
    ops, ids, state = column(effects, "op"), optional(effects, "id"), optional(effects, "state")
    customer, at_ms = optional(effects, "customer"), optional(effects, "at_ms")
    ends = {name: {rule.done: True, rule.undone: False} for name, rule in rules.items()}
    rows = [row for row, name in enumerate(ops) if name in rules]
    return [Order(str(ids[row]), int(customer[row]), ends[ops[row]].get(str(state[row])), float(at_ms[row] or 0)) for row in rows]
