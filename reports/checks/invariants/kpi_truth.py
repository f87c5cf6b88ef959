"""What a service reports of its own success is what customers know of it."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.kpis import Count, Kpi
from reports.measures.offenders import Offender, first_worst_last

ID = "kpi-truth"
TITLE = "What the service reports of itself is true"
KIND = Kind.INVARIANT
PLAN = ("P1-06", "P6-02")

SHARE = 0.01
"""By which a figure may be off: the plan's own word. A figure below a hundred must be exact."""


def check(evidence: Evidence) -> Finding:
    """How often and by how many, for each operation that the service reports; what it does not report is not judged."""
    found = [kpi for kpi in evidence.kpis if kpi.told is not None]
    wrong = [offender for kpi in found for offender in _wrong(kpi)]
    detail = f"{many(len(found), 'operation')} reported, {len(wrong) or 'no'} figures off by more than {SHARE:.0%}"
    return judged(not wrong, ID, len(wrong), 0, "figures", detail, first_worst_last(wrong))


def _wrong(kpi: Kpi) -> Iterator[Offender]:
    for told, true, what in ((kpi.told, kpi.done, "done"), (kpi.told_people, kpi.people, "customers")):
        if told is not None and (off := _off(told, true)):
            known = f"{true.least:,}" if true.least == true.most else f"{true.least:,} to {true.most:,}"
            yield Offender(0, off, f"{kpi.op}: {told:,} {what} by the service, {known} by the customers")


def _off(told: int, true: Count) -> float:
    """By which share it is off, beyond what is allowed; 0 where it is not."""
    off = max(true.least - told, told - true.most, 0)
    return off / max(true.most, 1) if off > SHARE * true.most else 0.0
