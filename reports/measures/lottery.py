"""The lottery: what customers were shown that they had won, what is recorded, and the odds that were published."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Draw:
    """A chance that was drawn, as the read-back tells it."""

    name: str
    customer: int
    prize: str | None
    fen: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class Lottery:
    """All draws: those that customers were told of, by what they were shown in fen, and those that are recorded."""

    shown_fen: Counter[int]
    draws: list[Draw]
    coupons: Counter[tuple[int, int]]  # customer and fen of each coupon that was won
    wins: Counter[tuple[int, int]]  # the same of each draw that won


def lottery(evidence: "Evidence") -> Lottery:
    """What became of the chances.

    Raises:
        NotMapped: no effect of the target's is a draw, or nobody drew.
        NoEvidence: the effects or the rewards are not there.
    """
    ops = [index for index, name in enumerate(evidence.plan.operations) if (one := effect_of(evidence.plan, name)) and one.draws]
    if not ops:
        raise NotMapped("no effect in the target's file is a draw of the lottery (`draws`)")
    keys, draws = evidence.keys, _draws(evidence)
    mine = np.isin(keys.op, ops)
    if not mine.any() and not draws:
        raise NotMapped("no customer of this run drew a lot")
    told = keys.shown_fen[mine & (keys.outcome == Outcome.SUCCESS)]
    shown = Counter(told[told != NO_AMOUNT].tolist())
    coupons: Counter[tuple[int, int]] = Counter()
    if evidence.has("rewards"):
        rewards = evidence.table("rewards")
        rows = zip(column(rewards, "kind"), column(rewards, "customer"), optional(rewards, "amount_fen"), strict=True)
        coupons = Counter((int(customer), int(fen)) for kind, customer, fen in rows if kind == "lottery")
    return Lottery(shown, draws, coupons, Counter((draw.customer, draw.fen) for draw in draws if draw.prize is not None))


def _draws(evidence: "Evidence") -> list[Draw]:
    effects = evidence.table("effects")
    ops, ids, customer = column(effects, "op"), optional(effects, "id"), optional(effects, "customer")
    item, fen, at_ms = optional(effects, "item"), optional(effects, "amount_fen"), optional(effects, "at_ms")
    won = known(item)
    drawing = {name: bool(one and one.draws) for name in set(ops.tolist()) for one in [effect_of(evidence.plan, name)]}
    rows = [row for row, name in enumerate(ops) if drawing[name]]
    return [
        Draw(str(ids[row]), int(customer[row]), str(item[row]) if won[row] else None, int(fen[row] or 0), float(at_ms[row] or 0))
        for row in rows
    ]
