"""The campaign is what it was opened as: stock, window, caps and pool as the plan said them, not as the system has them since."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import few, many
from reports.measures.arrays import known, optional
from scenarios.plan.campaign import prize_scopes
from scenarios.target.templates import JsonTemplate

ID = "opened-as-planned"
TITLE = "The campaign is opened as planned"
KIND = Kind.INVARIANT

_TOLERANCE_MS = 1000
"""A service may keep its windows to the second."""

_WINDOWS = {
    "campaign.activity": {"opens_ms": "campaign.opens_at", "closes_ms": "campaign.closes_at"},
    "campaign.id": {"opens_ms": "campaign.start_at", "closes_ms": "campaign.end_at"},
}
_FIGURES = {
    "cap": "campaign.per_customer",
    "pool_fen": "campaign.pool_fen",
    "least_fen": "campaign.least_fen",
    "most_fen": "campaign.most_fen",
}


def check(evidence: Evidence) -> list[Finding]:
    """What the target was told when its campaign was opened, against its windows and its stock. What it was not told is not asked."""
    told = _told(evidence)
    compared = [*_stock(evidence, told), *_windows(evidence, told)]
    if not compared:
        return []
    wrong = [f"{name}: planned {planned}, opened with {found}" for name, planned, found in compared if not _same(name, planned, found)]
    detail = f"{many(len(compared), 'figure')} of the campaign, {len(wrong) or 'none'} that is not as planned"
    return [judged(not wrong, ID, len(wrong), 0, "figures", detail + (f": {wrong[0]}" if wrong else ""), few(wrong))]


def _told(evidence: Evidence) -> frozenset[str]:
    """Names of what the target's file sends when it opens the campaign."""
    steps = evidence.plan.target.prepare.open
    return frozenset().union(*(JsonTemplate.of(part).placeholders for step in steps for part in (step.body, step.each)))


def _stock(evidence: Evidence, told: frozenset[str]) -> Iterator[tuple[str, object, object]]:
    if "stock" not in told or not evidence.has("stock"):
        return
    rows = evidence.table("stock")
    names = zip(optional(rows, "item"), optional(rows, "batch"), optional(rows, "initial"), strict=True)
    found = {str(item): initial for item, batch, initial in names if batch in (None, evidence.plan.scenario.campaign.batch)}
    for prize in prize_scopes(evidence.plan.scenario):
        yield f"stock of {prize['sku']}", prize["stock"], found.get(str(prize["sku"]))


def _windows(evidence: Evidence, told: frozenset[str]) -> Iterator[tuple[str, object, object]]:
    if not evidence.has("windows"):
        return
    rows, statics = evidence.table("windows"), evidence.plan.statics
    names = optional(rows, "window")
    for of, times in _WINDOWS.items():
        for field, source in (times | _FIGURES).items():
            if source not in told & statics.keys():
                continue
            values = optional(rows, field)
            for row in np.flatnonzero((names == statics.get(of)) & known(values)).tolist():
                planned = _ms(statics[source]) if field in times else statics[source]
                yield f"{field} of {names[row]}", planned, int(values[row])


def _ms(moment: object) -> int:
    return round(datetime.fromisoformat(str(moment)).timestamp() * 1000)


def _same(name: str, planned: object, found: object) -> bool:
    if name.partition(" ")[0].endswith("_ms") and isinstance(planned, int) and isinstance(found, int):
        return abs(planned - found) <= _TOLERANCE_MS
    return planned == found
