"""Things that are sent for rights: what customers were promised, and what the read-back tells of both."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import answer_digest
from scenarios.target.effects import Ships

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Right:
    """What a thing may be sent for."""

    op: str
    customer: int


@dataclass(frozen=True, slots=True)
class Promised:
    """A parcel that a customer was told of; `right` is theirs by what customers were told, None where nobody was given it."""

    name: str
    customer: int
    at_ms: float
    foreign: bool  # asked for on purpose with the number of another's right
    right: Right | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel in the read-back, with the right that it names where that is there."""

    name: str
    customer: int
    at_ms: float
    prize: str
    ref: str
    right: Right | None


@dataclass(frozen=True, slots=True)
class Parcels:
    """All of a run, and what is sent for each operation's rights."""

    promised: list[Promised]
    sent: list[Sent]
    prizes: dict[str, str]


def parcels(evidence: "Evidence") -> Parcels:
    """What was promised and what is sent.

    Raises:
        NotMapped: the target's file sends nothing (`ships`), or nobody asked for it.
        NoEvidence: the effects are not there.
    """
    plan = evidence.plan
    rules = {name: one.ships for name in plan.operations if (one := effect_of(plan, name)) and one.ships}
    if not rules:
        raise NotMapped("no effect in the target's file sends a thing (`ships`)")
    if not evidence.asks(rules):
        raise NotMapped("no customer of this run had a thing sent")
    prizes = {right: str(prize) for rule in rules.values() for right, prize in rule.prizes.items()}
    return Parcels(_promised(evidence, rules, prizes), _sent(evidence, rules, prizes), prizes)


def _promised(evidence: "Evidence", rules: dict[str, Ships], prizes: dict[str, str]) -> list[Promised]:
    keys, acks, names, t0_ms = evidence.keys, evidence.acks, evidence.plan.operations, evidence.t0_ms or 0.0
    rights = [index for index, name in enumerate(names) if name in prizes]
    given = np.flatnonzero(np.isin(keys.op, rights) & (keys.outcome == Outcome.SUCCESS)).tolist()
    known = {int(keys.answer[row]): Right(names[keys.op[row]], int(keys.customer[row])) for row in given}
    ships = [index for index, name in enumerate(names) if name in rules]
    mine = np.flatnonzero(np.isin(keys.op, ships) & (keys.outcome == Outcome.SUCCESS)).tolist()
    found = [
        Promised(
            f"{names[keys.op[row]]} {(right := keys.business[row].decode(errors='replace'))}",
            int(keys.customer[row]),
            t0_ms + int(keys.ended_ns[row]) / 1e6,
            foreign=False,
            right=known.get(answer_digest(right)),
        )
        for row in mine
    ]
    tried = acks[(acks["probe"] == Probe.FOREIGN) & (acks["outcome"] == Outcome.SUCCESS) & np.isin(acks["operation_index"], ships)]
    for ack in tried:
        right = ack["business"].decode(errors="replace")
        name, at_ms = f"{names[int(ack['operation_index'])]} {right}", t0_ms + int(ack["done_ns"]) / 1e6
        found.append(Promised(name, int(ack["customer"]), at_ms, foreign=True, right=known.get(answer_digest(right))))
    return found


def _sent(evidence: "Evidence", rules: dict[str, Ships], prizes: dict[str, str]) -> list[Sent]:
    effects = evidence.table("effects")
    ops, ids, refs, what = column(effects, "op"), *(optional(effects, name) for name in ("id", "ref", "prize"))
    customers, at_ms = optional(effects, "customer"), optional(effects, "at_ms")
    rights = {str(ids[row]): Right(str(ops[row]), int(customers[row])) for row in np.flatnonzero(np.isin(ops, list(prizes))).tolist()}
    return [
        Sent(
            f"{ops[row]} {ids[row]}",
            int(customers[row]),
            float(at_ms[row] or 0),
            str(what[row]),
            str(refs[row]),
            rights.get(str(refs[row])),
        )
        for row in np.flatnonzero(np.isin(ops, list(rules))).tolist()
    ]
