"""Nothing took effect that no customer of this run asked for."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import optional
from reports.measures.books import orphans

ID = "orphans"
TITLE = "No effect that nobody asked for"
KIND = Kind.INVARIANT
READS = ("effects",)

_CLOCKS_APART_MS = 1000.0


def check(evidence: Evidence) -> Finding:
    """Effects since T0 behind which no key of this run stands."""
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    evidence.need_all_effects()
    effects = evidence.table("effects")
    rows = orphans(evidence.reconciliation, effects, evidence.plan, evidence.t0_ms - _CLOCKS_APART_MS)
    op, name, customer = optional(effects, "op"), optional(effects, "id"), optional(effects, "customer")
    return judged(
        not len(rows),
        ID,
        len(rows),
        0,
        "effects",
        f"{many(len(effects), 'effect')} in the read-back, {len(rows) or 'none'} that nobody of this run asked for",
        few(sorted(f"{op[row]} {name[row] or row} of customer {customer[row]}" for row in rows.tolist())),
    )
