"""Who was told "done" reads it; who has read it goes on reading it; what is left of a prize is neither older nor less than it can be."""

from dataclasses import replace
from types import UnionType

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, NotMapped, Status
from reports.formatting import few, many
from reports.measures.offenders import none_wrong
from reports.measures.shown_balances import balances, funds
from reports.measures.shown_effects import Contradictions, rows, states
from reports.measures.shown_stock import stock
from reports.measures.unreplicated import shown_alone
from scenarios.target.views import BalanceView, FundsView, StockView

ID = "read-your-writes"
TITLE = "Customers read what they were told"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> list[Finding]:
    """What reads showed a sample of customers: balances, states of effects, lengths of lists, stock; each with its declared staleness."""
    if not any(operation.shows for operation in evidence.plan.target.operations.values()):
        raise NotMapped("the target's file does not say what reads show (`shows`)")
    if not len(evidence.shown):
        raise NotMapped("no customer has looked at anything of which the target's file says what it shows")
    alone = shown_alone(evidence)
    if not alone.any():
        return _said(evidence)
    apart = replace(evidence, shown=evidence.shown[~alone])
    return [*_said(apart), _weakness(evidence, apart)]


def _said(evidence: Evidence) -> list[Finding]:
    found, unheld = _contradictions(evidence)
    kept = f"{_sample(evidence)}; {found.held:,} held against what their customers knew{unheld}"
    said = [
        none_wrong(ID, found.stale, "reads", f"{kept}, {len(found.stale) or 'none'} older or other than what they had been told", TITLE),
        none_wrong(
            "monotonic-reads",
            found.backwards,
            "reads",
            f"{kept}, {len(found.backwards) or 'none'} behind what they had read before",
            "What has been read once is not taken back",
        ),
    ]
    return [*said, *_stock(evidence)]


def _weakness(evidence: Evidence, apart: Evidence) -> Finding:
    """What is wrong with reads by those alone that a cancelled commit was shown to, before it was lost."""
    every, others = (_contradictions(one)[0] for one in (evidence, apart))
    seen = sorted({*every.stale, *every.backwards} - {*others.stale, *others.backwards})
    looks = len(evidence.shown) - len(apart.shown)
    detail = (
        f"{many(looks, 'look')} while a cancelled commit stood on one server alone, {many(len(seen), 'read')} otherwise than without it:"
        " PostgreSQL shows it at once, which is known; nobody was told that it is done"
    )
    title = "What a cancelled commit shows until it is lost"
    return Finding("shown-before-lost", Status.PASS, len(seen), None, "reads", detail, few(seen), title)


def _contradictions(evidence: Evidence) -> tuple[Contradictions, str]:
    """All of them but the stock's, and why balances were not looked at, where they were not."""
    found = Contradictions()
    for of_view in (states(evidence), rows(evidence)):
        found.join(of_view)
    if not _shows(evidence, BalanceView | FundsView):
        return found, ""
    try:
        evidence.need_all_effects()
        found.join(balances(evidence))
        found.join(funds(evidence))
    except (NotMapped, NoEvidence) as missing:
        return found, f" (no balance: {missing})"
    return found, ""


def _stock(evidence: Evidence) -> list[Finding]:
    if not _shows(evidence, StockView) or not evidence.has("stock"):
        return []
    try:
        evidence.need_all_effects()
        held, wrong = stock(evidence)
    except (NotMapped, NoEvidence):
        return []  # the checks of the stock itself say what is missing
    detail = f"{many(held, 'look')} at the stock of a prize, {len(wrong) or 'none'} older or emptier than it can have been"
    return [none_wrong("stock-shown", wrong, "reads", detail, "The stock is shown as it is")] if held else []


def _shows(evidence: Evidence, kind: type | UnionType) -> bool:
    operations = evidence.plan.target.operations.values()
    return any(isinstance(view, kind) for operation in operations if operation.shows for view in operation.shows.views)


def _sample(evidence: Evidence) -> str:
    """How many reads were kept, of how many."""
    shown, operations = evidence.shown, evidence.plan.target.operations
    ops = [index for index, name in enumerate(evidence.plan.operations) if name in operations and operations[name].shows]
    reads, kept = int(np.isin(evidence.samples["operation_index"], ops).sum()), len(np.unique(shown["operation_id"]))
    return f"{kept:,} of {many(reads, 'read')} kept, of {many(len(np.unique(shown['customer'])), 'customer')}"
