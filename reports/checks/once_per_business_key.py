"""INV-03: one business effect per business key (who, what, in which period), whatever the retries."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.measures.arrays import column, known, optional
from reports.wording import few, many

ID = "once-per-business-key"
TITLE = "One effect per business key"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> Finding:
    """Effects of each operation and business key, against one, or against the cap where its window allows more."""
    effects = evidence.table("effects")
    business, op = optional(effects, "business"), column(effects, "op")
    if not evidence.maps("effects", "business"):
        raise NoEvidence("the read-back's effects do not tell their business key")
    allowed = _caps(evidence)
    window = optional(effects, "window")
    held: dict[tuple[str, str], int] = {}
    caps: dict[tuple[str, str], int] = {}
    for row in np.flatnonzero(known(business)):
        key = (str(op[row]), str(business[row]))
        held[key] = held.get(key, 0) + 1
        caps[key] = max(1, allowed.get(str(window[row]), 1))
    over = {key: count for key, count in sorted(held.items()) if count > caps[key]}
    return judged(
        not over,
        ID,
        sum(count - caps[key] for key, count in over.items()),
        0,
        "effects",
        f"{many(len(held), 'business key')} with an effect, {len(over) or 'none'} with one too many",
        few(f"{key}: {count} effects of {name}" for (name, key), count in over.items()),
    )


def _caps(evidence: Evidence) -> dict[str, int]:
    if "windows" not in evidence.tables or "windows" in evidence.table_problems:
        return {}
    windows = evidence.table("windows")
    return {
        str(name): int(cap) for name, cap in zip(column(windows, "window"), optional(windows, "cap"), strict=True) if isinstance(cap, int)
    }
