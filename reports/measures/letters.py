"""Letters: which each customer's phone was told of, and how many were unread when one was read."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence

Pushes = Counter[tuple[int, int]]
"""How often a customer was told of a letter."""


@dataclass(frozen=True, slots=True)
class Badge:
    """What a customer was told to be unread when they read a letter, and the least and most that it can have been."""

    customer: int
    letter: str
    ended_s: float
    shown: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class _Read:
    letter: str
    began_s: float
    ended_s: float
    shown: int | None  # None where nobody knows whether it was read


def pushes(evidence: "Evidence") -> tuple[Pushes, Pushes]:
    """As customers were answered, and as the read-back tells.

    Raises:
        NotMapped: no effect of the target's has to do with letters, or nobody asked for one.
        NoEvidence: the effects are not there.
    """
    mapped, read = _operations(evidence, "pushed"), _operations(evidence, "read")
    if not mapped and not read:
        raise NotMapped("no effect in the target's file pushes or reads a letter (`letter`)")
    if not evidence.asks(mapped | read):
        raise NotMapped("no customer of this run had to do with letters")
    keys, effects = evidence.keys, evidence.table("effects")
    rows = np.isin(keys.op, [evidence.plan.operations.index(name) for name in mapped]) & (keys.outcome == Outcome.SUCCESS)
    answered: Pushes = Counter(zip(keys.customer[rows].tolist(), keys.shown_fen[rows].tolist(), strict=True))
    customer, letter = optional(effects, "customer"), optional(effects, "letter")
    there = np.isin(column(effects, "op"), list(mapped)) & known(customer) & known(letter)
    recorded: Pushes = Counter((int(customer[row]), int(letter[row])) for row in np.flatnonzero(there).tolist())
    return answered, recorded


def badges(evidence: "Evidence") -> list[Badge]:
    """Of each letter that was read. What was read before counts, what was read meanwhile may count."""
    keys, letters = evidence.keys, evidence.plan.scenario.campaign.inbox.letters
    ops = [evidence.plan.operations.index(name) for name in _operations(evidence, "read")]
    of: defaultdict[int, list[_Read]] = defaultdict(list)
    for row in np.flatnonzero(np.isin(keys.op, ops) & np.isin(keys.outcome, (Outcome.SUCCESS, Outcome.UNKNOWN))).tolist():
        shown = int(keys.shown_fen[row]) if keys.outcome[row] == Outcome.SUCCESS else None
        name = keys.business[row].decode(errors="replace")
        of[int(keys.customer[row])].append(_Read(name, int(keys.intended_ns[row]) / 1e9, int(keys.ended_ns[row]) / 1e9, shown))
    return [
        Badge(customer, read.letter, read.ended_s, read.shown, *_span(letters, read, reads))
        for customer, reads in of.items()
        for read in reads
        if read.shown is not None
    ]


def _span(letters: int, read: _Read, reads: list[_Read]) -> tuple[int, int]:
    before = {other.letter for other in reads if other.shown is not None and other.ended_s <= read.began_s}
    meanwhile = {other.letter for other in reads if other.began_s < read.ended_s}
    return letters - len(meanwhile | {read.letter}), letters - len(before | {read.letter})


def _operations(evidence: "Evidence", kind: Literal["pushed", "read"]) -> set[str]:
    return {name for name in evidence.plan.operations if (effect := effect_of(evidence.plan, name)) and effect.letter == kind}
