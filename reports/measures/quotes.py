"""Quotes and the deals in them, as customers know both: when each can have been made, and which sum was shown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import REASONS, answer_digest

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote that a customer was given. It expires between `first_s` and `last_s` since T0: nobody outside knows more exactly."""

    shown_fen: int
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class Deal:
    """What came of asking for a deal in it: done, or refused because the quote's time was over."""

    name: str
    at_ms: float  # when it was answered, on the wall clock; since T0 where that is not known
    asked_s: float
    answered_s: float
    shown_fen: int | None  # what it was done for; None where it was turned away
    quote: Quote | None

    @property
    def done(self) -> bool:
        """Whether it was not turned away."""
        return self.shown_fen is not None


@dataclass(frozen=True, slots=True)
class Age:
    """How old a quote was when it was dealt in, by the system's own word, and how old it may have been."""

    name: str
    at_ms: float
    age_s: float
    good_s: float


def deals(evidence: "Evidence") -> list[Deal]:
    """All deals that were done or turned away as too late.

    Raises:
        NotMapped: no effect of the target's is quoted before, or nobody asked for one.
    """
    rules = {op: one.quoted for op, name in enumerate(evidence.plan.operations) if (one := effect_of(evidence.plan, name)) and one.quoted}
    if not rules:
        raise NotMapped("no effect in the target's file is quoted before (`quoted`)")
    if not evidence.asks(evidence.plan.operations[op] for op in rules):
        raise NotMapped("no customer of this run dealt in a quote")
    found = []
    for op, rule in rules.items():
        quotes = _quotes(evidence, evidence.plan.operations.index(rule.by), rule.good_s)
        found += [*_done(evidence, op, quotes), *_too_late(evidence, op, quotes)]
    return found


def ages(evidence: "Evidence") -> list[Age]:
    """Of each deal in the read-back whose quote is there. Raises NoEvidence where the effects are not there."""
    plan, effects = evidence.plan, evidence.table("effects")
    ops, ids, business, at_ms = (column(effects, "op"), *(optional(effects, name) for name in ("id", "business", "at_ms")))
    timed = known(at_ms)
    made = {(str(ops[row]), str(ids[row])): float(at_ms[row]) for row in np.flatnonzero(timed).tolist()}
    found = []
    for row in np.flatnonzero(timed).tolist():
        effect = effect_of(plan, ops[row])
        if effect and effect.quoted and (quoted_ms := made.get((effect.quoted.by, str(business[row])))) is not None:
            moment = float(at_ms[row])
            found.append(Age(f"{ops[row]} {business[row]}", moment, (moment - quoted_ms) / 1000, effect.quoted.good_s))
    return found


def _quotes(evidence: "Evidence", op: int, good_s: float) -> dict[int, Quote]:
    """By the digest of their ids."""
    keys = evidence.keys
    return {
        int(keys.answer[row]): Quote(
            int(keys.shown_fen[row]), int(keys.intended_ns[row]) / 1e9 + good_s, int(keys.ended_ns[row]) / 1e9 + good_s
        )
        for row in np.flatnonzero((keys.op == op) & (keys.outcome == Outcome.SUCCESS)).tolist()
    }


def _done(evidence: "Evidence", op: int, quotes: dict[int, Quote]) -> list[Deal]:
    keys, t0_ms = evidence.keys, evidence.t0_ms or 0.0
    return [
        Deal(
            f"{evidence.plan.operations[op]} {(name := keys.business[row].decode(errors='replace'))}",
            t0_ms + int(keys.ended_ns[row]) / 1e6,
            int(keys.intended_ns[row]) / 1e9,
            int(keys.ended_ns[row]) / 1e9,
            int(keys.shown_fen[row]),
            quotes.get(answer_digest(name)),
        )
        for row in np.flatnonzero((keys.op == op) & (keys.outcome == Outcome.SUCCESS)).tolist()
    ]


def _too_late(evidence: "Evidence", op: int, quotes: dict[int, Quote]) -> list[Deal]:
    acks = evidence.acks[(evidence.acks["operation_index"] == op) & (evidence.acks["probe"] <= Probe.FIRST)]
    told = acks[(acks["outcome"] == Outcome.REFUSAL) & (acks["code"] == REASONS["expired"])]
    return [
        Deal(
            f"{evidence.plan.operations[op]} {(name := ack['business'].decode(errors='replace'))}",
            (evidence.t0_ms or 0.0) + int(ack["done_ns"]) / 1e6,
            int(ack["sent_ns"]) / 1e9,
            int(ack["done_ns"]) / 1e9,
            None,
            quotes.get(answer_digest(name)),
        )
        for ack in told
    ]
