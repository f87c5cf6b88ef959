"""One amount throughout: what the customer asked, what the answer showed, and what is recorded are equal to the fen."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import I64, Bools, Objects, known, optional
from reports.measures.books import follows_the_answer
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

ID = "amounts"
TITLE = "Asked is what is shown, and what is recorded"
KIND = Kind.INVARIANT
READS = ("effects",)


def check(evidence: Evidence) -> Finding:
    """Each amount that took effect: as it was asked, as the success showed it, as the read-back has it."""
    if not evidence.maps("effects", "amount_fen"):
        raise NoEvidence("the read-back's effects do not tell their amount")
    reconciled = evidence.reconciliation
    keys = reconciled.keys
    there = np.flatnonzero(reconciled.present & ((keys.asked_fen != NO_AMOUNT) | (keys.shown_fen != NO_AMOUNT)))
    recorded = optional(evidence.table("effects"), "amount_fen")[reconciled.row[there]]
    told = known(recorded)
    wrong = sorted(_wrong(evidence, there[told], recorded[told]))
    return judged(
        not wrong,
        ID,
        len(wrong),
        0,
        "effects",
        f"{many(int(told.sum()), 'amount')} compared, {len(wrong) or 'none'} that was asked, shown and recorded differently",
        few(wrong),
    )


def _wrong(evidence: Evidence, places: I64, recorded: Objects) -> Iterator[str]:
    keys = evidence.reconciliation.keys
    by_answer = np.array([follows_the_answer(evidence.plan, name) for name in evidence.plan.operations])
    asked = np.where(by_answer[keys.op[places]], NO_AMOUNT, keys.asked_fen[places])
    shown = np.where(keys.outcome[places] == Outcome.SUCCESS, keys.shown_fen[places], NO_AMOUNT)
    for row in np.flatnonzero(_differ(asked, shown) | _differ(asked, recorded) | _differ(shown, recorded)).tolist():
        figures = {"asked": int(asked[row]), "shown": int(shown[row]), "recorded": recorded[row]}
        said = {name: figure for name, figure in figures.items() if figure != NO_AMOUNT}
        words = ", ".join(f"{name} {figure} fen" for name, figure in said.items())
        key = places[row]
        yield f"{evidence.plan.operations[keys.op[key]]} {keys.business[key].decode(errors='replace')}: {words}"


def _differ(some: I64, others: I64 | Objects) -> Bools:
    """Where both tell an amount, and not the same."""
    found: Bools = (some != NO_AMOUNT) & (others != NO_AMOUNT) & (some != others)
    return found
