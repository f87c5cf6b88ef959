"""Whether whoever asked for a person before was responded to before, line by line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from reports.measures.shown_balances import APART_NS
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence

_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in a line: when they asked, and when somebody responded; infinite: nobody has."""

    customer: int
    asked_ns: int
    told_ns: int  # when the answer came that they stand in it
    answered_ms: float


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Who was told that they stand in a line before another had even asked, and was responded to later than that one."""

    line: str
    first: Waiting
    later: Waiting


def lines(evidence: "Evidence") -> dict[str, list[Waiting]]:
    """Everybody who waited in each line, by when they asked.

    Raises:
        NotMapped: the target's file has no lines, or nobody waited in one.
        NoEvidence: the rows do not tell when somebody responded.
    """
    operations = {name for name in evidence.plan.operations if (one := effect_of(evidence.plan, name)) and one.in_turn}
    if not operations:
        raise NotMapped("no effect in the target's file waits for its turn (`in_turn`)")
    if not evidence.maps("effects", "answered_ms"):
        raise NoEvidence("the read-back's rows do not tell when a person responded ('answered_ms')")
    effects, reconciled = evidence.table("effects"), evidence.reconciliation
    ops, answered, line = column(effects, "op"), optional(effects, "answered_ms"), optional(effects, "line")
    there, named, keys = known(answered), known(line), reconciled.keys
    found: dict[str, list[Waiting]] = {}
    for row in np.flatnonzero(reconciled.owner >= 0).tolist():
        key = int(reconciled.owner[row])
        if ops[row] in operations and keys.outcome[key] == Outcome.SUCCESS:
            when = float(answered[row]) if there[row] else _NEVER
            told = Waiting(int(keys.customer[key]), int(keys.intended_ns[key]), int(keys.ended_ns[key]), when)
            found.setdefault(str(line[row]) if named[row] else str(ops[row]), []).append(told)
    if not found:
        raise NotMapped("nobody waited in a line of this run")
    return {name: sorted(waiting, key=lambda one: one.asked_ns) for name, waiting in sorted(found.items())}


def overtaken(line: str, waiting: list[Waiting]) -> list[Overtaken]:
    """For each who was responded to too early, whom they overtook by most; `waiting` by when they asked."""
    stood = sorted(waiting, key=lambda one: one.told_ns)
    found, place, last = [], 0, None
    for one in waiting:
        while place < len(stood) and stood[place].told_ns + APART_NS < one.asked_ns:
            last = stood[place] if last is None or stood[place].answered_ms > last.answered_ms else last
            place += 1
        if last is not None and last.answered_ms > one.answered_ms:
            found.append(Overtaken(line, last, one))
    return found
