"""Challenges and what they let through: as customers know both, and by the system's own word."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import Bools, Floats, column, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import ONE_EFFECT, Outcome, Probe
from scenarios.target.effects import SteppedUp

if TYPE_CHECKING:
    from reports.evidence import Evidence

_MAY_HAVE_HAPPENED = (0, Outcome.SUCCESS, Outcome.UNKNOWN)
_NEVER_S = float("inf")


@dataclass(frozen=True, slots=True)
class Passed:
    """What needs a challenge and was acknowledged, as the customer knows it: it was done between `first_s` and `last_s` since T0."""

    name: str
    customer: int
    amount_fen: int
    first_s: float
    last_s: float
    within_s: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A challenge that was or may have been answered between these times; `last_s` is infinite where nobody knows when."""

    customer: int
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class Forged:
    """What was acknowledged though it was no proof."""

    name: str
    customer: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """What needs a challenge, in the read-back, with the answer that it names where it is there."""

    name: str
    customer: int
    at_ms: float
    amount_fen: int
    payee: str
    ref: str
    within_s: float
    answer: "Answer | None"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answered challenge, in the read-back; what it is for, where the rows tell it."""

    customer: int
    at_ms: float
    of_fen: int | None
    payee: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What security costs in time: from the first asking to the acknowledgement, those that were challenged and those that were not."""

    op: str
    asked: int
    challenged: int
    with_ms: Floats
    without_ms: Floats


Rules = Mapping[int, SteppedUp]


def rules_of(evidence: "Evidence") -> Rules:
    """By operation.

    Raises:
        NotMapped: the target's file says it of none (`stepped_up`), or nobody asked for such a one.
    """
    plan = evidence.plan
    found = {op: one.stepped_up for op, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.stepped_up}
    if not found:
        raise NotMapped("no effect in the target's file needs an answered challenge (`stepped_up`)")
    if not evidence.asks(plan.operations[op] for op in found):
        raise NotMapped("no customer of this run asked for what may need a challenge")
    return found


def passed(evidence: "Evidence", rules: Rules) -> list[Passed]:
    """All that needed a challenge and was acknowledged."""
    acks, found = _honest(evidence), []
    for op, rule in rules.items():
        mine = acks[(acks["operation_index"] == op) & (acks["asked_fen"] >= rule.from_fen)]
        for attempts in _by_key(mine):
            done = attempts[attempts["outcome"] == Outcome.SUCCESS]
            if len(done):
                maybe = attempts[np.isin(attempts["outcome"], _MAY_HAVE_HAPPENED)]
                first = done[0]
                name = f"{evidence.plan.operations[op]} {first['business'].decode(errors='replace')}"
                span_s = int(maybe["sent_ns"].min()) / 1e9, int(done["done_ns"].min()) / 1e9
                found.append(Passed(name, int(first["customer"]), int(first["asked_fen"]), *span_s, rule.within_s))
    return sorted(found, key=lambda one: one.last_s)


def answered(evidence: "Evidence", rules: Rules) -> dict[int, list[Answered]]:
    """Of each customer, in the order in which they were asked; one that nobody knows the end of may have been answered."""
    acks = _honest(evidence)
    by = [evidence.plan.operations.index(rule.by) for rule in rules.values() if rule.by in evidence.plan.operations]
    found: defaultdict[int, list[Answered]] = defaultdict(list)
    for attempts in _by_key(acks[np.isin(acks["operation_index"], by)]):
        maybe = attempts[np.isin(attempts["outcome"], _MAY_HAVE_HAPPENED)]
        if len(maybe):
            done = maybe[maybe["outcome"] == Outcome.SUCCESS]
            last_s = int(done["done_ns"].min()) / 1e9 if len(done) else _NEVER_S
            customer = int(maybe[0]["customer"])
            found[customer].append(Answered(customer, int(maybe["sent_ns"].min()) / 1e9, last_s))
    return {customer: sorted(ones, key=lambda one: one.first_s) for customer, ones in found.items()}


def forged(evidence: "Evidence", rules: Rules) -> list[Forged]:
    """Answers that prove nothing, sent on purpose, and acknowledged all the same."""
    names, acks = evidence.plan.operations, evidence.acks
    by = [names.index(name) for name in {rule.by for rule in rules.values()} if name in names]
    got = acks[(acks["probe"] == Probe.FOREIGN) & (acks["outcome"] == Outcome.SUCCESS) & np.isin(acks["operation_index"], by)]
    return [
        Forged(
            f"{names[int(ack['operation_index'])]} {ack['business'].decode(errors='replace')}", int(ack["customer"]), ack["done_ns"] / 1e9
        )
        for ack in got
    ]


def recorded(evidence: "Evidence", rules: Rules) -> list[Recorded]:
    """All that needed a challenge, in the read-back. Raises NoEvidence where the effects are not there."""
    effects, named = evidence.table("effects"), {evidence.plan.operations[op]: rule for op, rule in rules.items()}
    ops, ids, refs, payees = column(effects, "op"), *(optional(effects, name) for name in ("id", "ref", "payee"))
    amounts, of_fen, customers, at_ms = (optional(effects, name) for name in ("amount_fen", "of_fen", "customer", "at_ms"))
    answers = {
        (str(ops[row]), _text(ids[row])): Answer(int(customers[row]), float(at_ms[row]), _fen(of_fen[row]), _text(payees[row]))
        for row in np.flatnonzero(np.isin(ops, [rule.by for rule in named.values()])).tolist()
    }
    return [
        Recorded(
            f"{ops[row]} {ids[row]}",
            int(customers[row]),
            float(at_ms[row]),
            fen,
            _text(payees[row]),
            _text(refs[row]),
            rule.within_s,
            answers.get((rule.by, _text(refs[row]))),
        )
        for row in np.flatnonzero(np.isin(ops, list(named))).tolist()
        for rule in [named[ops[row]]]
        if (fen := _fen(amounts[row])) is not None and fen >= rule.from_fen
    ]


def costs(evidence: "Evidence", rules: Rules) -> list[Cost]:
    """Of each operation that may be challenged and was asked for: how many were, and how long both kinds took."""
    keys, met, found = evidence.keys, _challenged(evidence), []
    done, waited_ms = keys.outcome == Outcome.SUCCESS, (keys.ended_ns - keys.intended_ns) / 1e6
    for op in rules:
        mine = keys.op == op
        if mine.any():
            challenged = int((mine & met).sum())
            found.append(
                Cost(evidence.plan.operations[op], int(mine.sum()), challenged, waited_ms[mine & done & met], waited_ms[mine & done & ~met])
            )
    return found


def proofs(evidence: "Evidence", rules: Rules) -> tuple[int, int]:
    """How often somebody showed a proof, at a challenge or to log in, and how often it was turned away; forged ones are among them."""
    plan, acks = evidence.plan, evidence.acks
    by = {rule.by for rule in rules.values()}
    by |= {name for name, one in plan.target.operations.items() if one.effect and one.effect.proven and not one.authorised}
    mine = acks[np.isin(acks["operation_index"], [plan.operations.index(name) for name in by if name in plan.operations])]
    return len(mine), int(np.isin(mine["outcome"], (Outcome.REFUSAL, Outcome.FAILURE)).sum())


def _challenged(evidence: "Evidence") -> Bools:
    """Which keys were challenged."""
    keys, acks = evidence.keys, _honest(evidence)
    met = acks[acks["outcome"] == Outcome.CHALLENGE]
    pairs = set(zip(met["key_hi"].tolist(), met["key_lo"].tolist(), strict=True))
    which: Bools = np.isin(keys.key_hi, met["key_hi"]) & np.isin(keys.key_lo, met["key_lo"])
    near = np.flatnonzero(which)
    which[near] = [(int(keys.key_hi[row]), int(keys.key_lo[row])) in pairs for row in near.tolist()]
    return which


def _honest(evidence: "Evidence") -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    acks = evidence.acks
    return acks[np.isin(acks["probe"], ONE_EFFECT)]


def _by_key(acks: "np.ndarray[tuple[int], np.dtype[np.void]]") -> Iterator["np.ndarray[tuple[int], np.dtype[np.void]]"]:
    """The attempts of each key, in the order in which they were sent."""
    ordered = acks[np.lexsort((acks["sent_ns"], acks["key_lo"], acks["key_hi"]))]
    if not len(ordered):
        return
    edges = np.flatnonzero((ordered["key_lo"][1:] != ordered["key_lo"][:-1]) | (ordered["key_hi"][1:] != ordered["key_hi"][:-1])) + 1
    yield from np.split(ordered, edges)


def _fen(value: object) -> int | None:
    """A sum of a row; None where it has none."""
    number = float(str(value)) if value is not None and str(value) not in ("", "nan", "None", "<NA>") else None
    return None if number is None else int(number)


def _text(value: object) -> str:
    """A text of a row; nothing where it has none."""
    return value if isinstance(value, str) else ""


def matched(ones: Iterable[Passed], answers: Mapping[int, list[Answered]]) -> Iterator[tuple[Passed, float | None]]:
    """Each with how old the answer was at least that let it through; None where no answer of the customer's is left for it.

    An answer lets one through. Of those that were there in time the oldest is taken, so that as many as can be find one; whatever is not
    known speaks for the target.
    """
    left = {customer: list(found) for customer, found in answers.items()}
    for one in ones:
        mine = [answer for answer in left.get(one.customer, []) if answer.first_s < one.last_s]
        good = [answer for answer in mine if one.first_s - answer.last_s <= one.within_s]
        taken = good[0] if good else mine[-1] if mine else None
        if taken is not None:
            left[one.customer].remove(taken)
        yield one, None if taken is None else max(0.0, one.first_s - taken.last_s)
