"""One amount throughout: what the customer asked, what the answer showed, and what is recorded are equal to the fen."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import known, optional
from reports.measures.books import effect_of
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
    wrong = sorted(_wrong(evidence, there[told].tolist(), recorded[told].tolist()))
    return judged(
        not wrong,
        ID,
        len(wrong),
        0,
        "effects",
        f"{many(int(told.sum()), 'amount')} compared, {len(wrong) or 'none'} that was asked, shown and recorded differently",
        few(wrong),
    )


def _wrong(evidence: Evidence, places: list[int], recorded: list[object]) -> Iterator[str]:
    keys = evidence.reconciliation.keys
    by_answer = [_follows_the_answer(evidence, name) for name in evidence.plan.operations]
    for place, amount in zip(places, recorded, strict=True):
        op = int(keys.op[place])
        asked = NO_AMOUNT if by_answer[op] else int(keys.asked_fen[place])
        shown = int(keys.shown_fen[place]) if keys.outcome[place] == Outcome.SUCCESS else NO_AMOUNT
        figures = {"asked": asked, "shown": shown, "recorded": amount}
        said = {name: figure for name, figure in figures.items() if figure != NO_AMOUNT}
        if len(set(said.values())) > 1:
            words = ", ".join(f"{name} {figure} fen" for name, figure in said.items())
            yield f"{evidence.plan.operations[op]} {keys.business[place].decode(errors='replace')}: {words}"


def _follows_the_answer(evidence: Evidence, op: str) -> bool:
    """Whether the answer, and not the customer, says how much is moved."""
    effect = effect_of(evidence.plan, op)
    return bool(effect and effect.moves and effect.moves.amount == "shown")
