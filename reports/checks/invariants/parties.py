"""What was asked for is what was done, for whom it was asked: no other payee, prize or customer, and no other period."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped, judged
from reports.formatting import few, many
from reports.measures.arrays import known, optional
from reports.measures.books import NO_TERMS, as_kept, effect_of, recorded_terms, whole
from reports.measures.contradictions import CLOCK_TOLERANCE_MS
from scenarios.plan.campaign import campaign_date
from scenarios.target.templates import TextTemplate

ID = "parties"
TITLE = "Done for whom it was asked, and what was asked"
KIND = Kind.INVARIANT
READS = ("effects",)


def check(evidence: Evidence) -> Finding:
    """Customer, payer and payee, item and batch, and the business key of each effect, against those of its key."""
    reconciled, effects = evidence.reconciliation, evidence.table("effects")
    rows = np.flatnonzero(reconciled.owner >= 0)
    asked = reconciled.keys.terms[reconciled.owner[rows]]
    done = recorded_terms(effects, rows, evidence.plan)
    comparable = (asked != NO_TERMS) & (done != NO_TERMS)
    if not evidence.maps("effects", "customer") and not comparable.any():
        raise NotMapped("the target's file says neither whose an effect is (`customer`) nor between whom or for what (`moves`, `grants`)")
    others = sorted(_of_others(evidence, rows))
    others += sorted(_otherwise(evidence, rows[comparable & (asked != done)]))
    others += sorted(_under_another_name(evidence, rows))
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
    told = {
        name: optional(evidence.table("effects"), name) for name in ("payer", "payee", "item", "batch", "inviter", "team", "source", "slot")
    }
    there = {name: known(values) for name, values in told.items()}
    for row in rows.tolist():
        said = ", ".join(f"{name} {whole(values[row])}" for name, values in told.items() if there[name][row])
        yield f"{_name(evidence, int(evidence.reconciliation.owner[row]))}: recorded with {said}, which is not what was asked"


def _under_another_name(evidence: Evidence, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Iterator[str]:
    """Effects whose business key (whom, what, in which period) is not the one that was asked for."""
    keys, effects = evidence.reconciliation.keys, evidence.table("effects")
    recorded, at_ms, customers = optional(effects, "business"), optional(effects, "at_ms"), optional(effects, "customer")
    owners = evidence.reconciliation.owner[rows]
    for row, key, owed in zip(rows.tolist(), owners.tolist(), keys.business[owners].tolist(), strict=True):
        if owed == str(recorded[row]).encode():
            continue
        asked, said = owed.decode(errors="replace"), as_kept(recorded[row])
        if not asked or not said or customers[row] not in (None, keys.customer[key]):
            continue  # for another customer: that has been said
        if said != asked and said not in _in_its_day(evidence, int(keys.op[key]), asked, at_ms[row]):
            yield f"{_name(evidence, key)}: recorded as {said}"


def _in_its_day(evidence: Evidence, op: int, asked: str, at_ms: object) -> set[str]:
    """How the key may read where it names the day: customers say T0's, the effect happens in its own."""
    effect = effect_of(evidence.plan, evidence.plan.operations[op])
    if effect is None or "date" not in TextTemplate.of(effect.business).placeholders or not isinstance(at_ms, int | float):
        return set()
    t0_day = campaign_date(evidence.plan.t0_wall)
    moments = (at_ms - CLOCK_TOLERANCE_MS, at_ms + CLOCK_TOLERANCE_MS)
    days = {campaign_date(datetime.fromtimestamp(moment / 1000, UTC).isoformat()) for moment in moments}
    return {asked.replace(t0_day, day) for day in days}


def _name(evidence: Evidence, key: int) -> str:
    keys = evidence.reconciliation.keys
    return f"{evidence.plan.operations[keys.op[key]]} {keys.business[key].decode(errors='replace')}"
