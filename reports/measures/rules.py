"""Versions of the rules: which customers were told that they accepted, which the read-back names, and which were in force then."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence

CLOCK_S = 0.5
"""So near to the change either version may be in force: the target's clock is not ours."""


@dataclass(frozen=True, slots=True)
class Named:
    """A version that somebody or something names, and those that were in force then."""

    name: str
    at_ms: float
    version: int
    in_force: frozenset[int]


def accepted(evidence: "Evidence") -> list[Named]:
    """As customers were answered.

    Raises:
        NotMapped: no effect of the target's accepts rules, or nobody asked for one.
        NoEvidence: T0 is not known on the wall clock.
    """
    plan, keys = evidence.plan, evidence.keys
    ops = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.accepts_rules]
    if not ops:
        raise NotMapped("no effect in the target's file accepts the rules (`accepts_rules`)")
    if not evidence.asks(plan.operations[op] for op in ops):
        raise NotMapped("no customer of this run accepted the rules")
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    return [
        Named(
            f"{plan.operations[keys.op[row]]} {keys.business[row].decode(errors='replace')}",
            evidence.t0_ms + float(keys.ended_ns[row]) / 1e6,
            int(keys.shown_fen[row]),
            in_force(evidence, float(keys.intended_ns[row]) / 1e9, float(keys.ended_ns[row]) / 1e9),
        )
        for row in np.flatnonzero(np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS)).tolist()
    ]


def recorded(evidence: "Evidence") -> list[Named]:
    """What effects name in the read-back: acceptances, and whatever was granted under the rules. Raises as `accepted`."""
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    effects = evidence.table("effects")
    ops, ids, version, at_ms = column(effects, "op"), *(optional(effects, name) for name in ("id", "rules", "at_ms"))
    found = []
    for row in np.flatnonzero(known(version) & known(at_ms)).tolist():
        moment_s = (float(at_ms[row]) - evidence.t0_ms) / 1000
        found.append(Named(f"{ops[row]} {ids[row]}", float(at_ms[row]), int(version[row]), in_force(evidence, moment_s, moment_s)))
    return found


def in_force(evidence: "Evidence", from_s: float, until_s: float) -> frozenset[int]:
    """The versions that may have been in force at some time of a span, in seconds since T0."""
    changes_s = evidence.plan.scenario.rules_change_s
    early, late = from_s - CLOCK_S < changes_s, until_s + CLOCK_S >= changes_s
    return frozenset({1} if early else ()) | frozenset({2} if late else ())
