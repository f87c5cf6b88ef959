"""What was asked for is what was done, for whom it was asked: no other payee, no other prize, no other customer."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped, judged
from reports.formatting import few, many
from reports.measures.arrays import optional
from reports.measures.books import NO_TERMS, recorded_terms

ID = "parties"
TITLE = "Done for whom it was asked, and what was asked"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> Finding:
    """Customer, payer and payee, item and batch of each effect, against those of its key."""
    reconciled, effects = evidence.reconciliation, evidence.table("effects")
    rows = np.flatnonzero(reconciled.owner >= 0)
    asked = reconciled.keys.terms[reconciled.owner[rows]]
    done = recorded_terms(effects, rows, evidence.plan)
    comparable = (asked != NO_TERMS) & (done != NO_TERMS)
    if not evidence.maps("effects", "customer") and not comparable.any():
        raise NotMapped("the target's file says neither whose an effect is (`customer`) nor between whom or for what (`moves`, `grants`)")
    others = sorted(_of_others(evidence, rows)) + sorted(_otherwise(evidence, rows[comparable & (asked != done)]))
    return judged(
        not others,
        ID,
        len(others),
        0,
        "effects",
        f"{many(len(rows), 'effect')}, {len(others) or 'none'} for somebody or something else than was asked",
        few(others),
    )


def _of_others(evidence: Evidence, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Iterator[str]:
    reconciled = evidence.reconciliation
    customers = optional(evidence.table("effects"), "customer")
    for row in rows.tolist():
        key, said = reconciled.owner[row], customers[row]
        if isinstance(said, int) and said != reconciled.keys.customer[key]:
            yield f"{_name(evidence, int(key))}: asked by customer {reconciled.keys.customer[key]}, recorded for {said}"


def _otherwise(evidence: Evidence, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Iterator[str]:
    effects = evidence.table("effects")
    for row in rows.tolist():
        said = ", ".join(
            f"{name} {value}" for name in ("payer", "payee", "item", "batch") if (value := optional(effects, name)[row]) not in (None, "")
        )
        yield f"{_name(evidence, int(evidence.reconciliation.owner[row]))}: recorded with {said}, which is not what was asked"


def _name(evidence: Evidence, key: int) -> str:
    keys = evidence.reconciliation.keys
    return f"{evidence.plan.operations[keys.op[key]]} {keys.business[key].decode(errors='replace')}"
