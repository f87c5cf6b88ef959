"""Budget buckets: what customers were shown that they got from each, what is recorded, and what the system says that it has spent."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, integers, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Grant:
    """Something that came out of a bucket."""

    name: str
    customer: int
    fen: int
    at_ms: float


@dataclass
class Spent:
    """One bucket."""

    shown_fen: int = 0  # by successes
    grants: list[Grant] = field(default_factory=list)  # by the read-back
    coupons: int = 0
    coupons_fen: int = 0

    @property
    def fen(self) -> int:
        """By the read-back."""
        return sum(grant.fen for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Kept:
    """A bucket as the system tells it."""

    limit_fen: int
    spent_fen: int
    released_fen: int  # into it; out of the reserve below zero

    @property
    def left_fen(self) -> int:
        """What could still be given."""
        return self.limit_fen + self.released_fen - self.spent_fen


def spent(evidence: "Evidence") -> dict[str, Spent]:
    """What came out of each bucket.

    Raises:
        NotMapped: no effect of the target's is paid from a bucket, or nobody asked for any.
        NoEvidence: the effects or the rewards are not there.
    """
    plan = evidence.plan
    mapped: dict[str, str] = {name: one.bucket for name in plan.operations if (one := effect_of(plan, name)) and one.bucket}
    if not mapped:
        raise NotMapped("no effect in the target's file is paid from a `bucket`")
    found = {bucket: Spent() for bucket in mapped.values()}
    keys = evidence.keys
    asked = False
    for index, name in enumerate(evidence.plan.operations):
        if name in mapped:
            mine = keys.op == index
            asked = asked or bool(mine.any())
            told = keys.shown_fen[mine & (keys.outcome == Outcome.SUCCESS)]
            found[mapped[name]].shown_fen += int(told[told != NO_AMOUNT].sum())
    if not asked:
        raise NotMapped("no customer of this run asked for anything from a bucket")
    _recorded(evidence, mapped, found)
    _won(evidence, found)
    _rewarded(evidence, found)
    return found


def kept(evidence: "Evidence") -> dict[str, Kept]:
    """The buckets by the system's word; empty where it does not tell them."""
    if not evidence.has("budgets"):
        return {}
    rows = evidence.table("budgets")
    columns = [integers(column(rows, name), name).tolist() for name in ("limit_fen", "spent_fen", "released_fen")]
    return {str(bucket): Kept(*figures) for bucket, *figures in zip(column(rows, "bucket"), *columns, strict=True)}


def _recorded(evidence: "Evidence", mapped: dict[str, str], found: dict[str, Spent]) -> None:
    effects = evidence.table("effects")
    ops, ids, customer = column(effects, "op"), optional(effects, "id"), optional(effects, "customer")
    fen, at_ms = optional(effects, "amount_fen"), optional(effects, "at_ms")
    for row in np.flatnonzero([name in mapped for name in ops]).tolist():
        grant = Grant(f"{ops[row]} {ids[row]}", int(customer[row]), int(fen[row]), float(at_ms[row] or 0))
        found[mapped[str(ops[row])]].grants.append(grant)


def _won(evidence: "Evidence", found: dict[str, Spent]) -> None:
    """What nobody asked for, and a bucket of the plan is there for: its rewards are its grants."""
    planned = evidence.plan.scenario.campaign.buckets.keys() - evidence.plan.scenario.campaign.budgets.buckets.keys()
    if not planned or not evidence.has("rewards"):
        return
    rewards = evidence.table("rewards")
    kinds, customers = column(rewards, "kind"), optional(rewards, "customer")
    ids, fen, at_ms = optional(rewards, "id"), optional(rewards, "amount_fen"), optional(rewards, "at_ms")
    for row in np.flatnonzero([kind in planned for kind in kinds]).tolist():
        grant = Grant(f"{kinds[row]} {ids[row]}", int(customers[row]), int(fen[row]), float(at_ms[row] or 0))
        found.setdefault(str(kinds[row]), Spent()).grants.append(grant)


def _rewarded(evidence: "Evidence", found: dict[str, Spent]) -> None:
    if not evidence.has("rewards"):
        return
    rewards = evidence.table("rewards")
    for kind, fen in zip(column(rewards, "kind"), optional(rewards, "amount_fen"), strict=True):
        if kind in found:
            found[kind].coupons += 1
            found[kind].coupons_fen += int(fen)
