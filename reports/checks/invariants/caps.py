"""Nobody gets more than the cap, from however many devices."""

from collections import Counter

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import column, integers, known, optional

ID = "caps"
TITLE = "Nobody gets more than the cap"
KIND = Kind.INVARIANT
READS = ("windows", "effects")
PLAN = ("P4-12",)


def check(evidence: Evidence) -> Finding:
    """Effects of each customer in each window against the window's cap; where no window tells one, the plan's for prizes."""
    effects = evidence.table("effects")
    customer = optional(effects, "customer")
    group, caps = _by_window(evidence)
    if not caps:
        group, caps = _by_batch(evidence)
    rows = np.flatnonzero(known(customer) & known(group))
    if not evidence.maps("effects", "customer") or not caps:
        raise NoEvidence("the read-back's effects do not tell their customer and window")
    held = Counter((str(group[row]), str(customer[row])) for row in rows if str(group[row]) in caps)
    over = {who: count - caps[who[0]] for who, count in sorted(held.items()) if count > caps[who[0]]}
    return judged(
        not over,
        ID,
        sum(over.values()),
        0,
        "effects",
        f"{many(len(held), 'customer')} held something, {len(over) or 'none'} of them more than the cap",
        few(f"customer {who} in {where}: {held[where, who]} of {caps[where]}" for where, who in over),
    )


def _by_window(evidence: Evidence) -> "tuple[np.ndarray[tuple[int], np.dtype[np.object_]], dict[str, int]]":
    windows = evidence.table("windows")
    capped = known(optional(windows, "cap"))
    names, caps = column(windows, "window")[capped], integers(optional(windows, "cap")[capped], "cap")
    return optional(evidence.table("effects"), "window"), {str(name): int(cap) for name, cap in zip(names, caps, strict=True)}


def _by_batch(evidence: Evidence) -> "tuple[np.ndarray[tuple[int], np.dtype[np.object_]], dict[str, int]]":
    effects = evidence.table("effects")
    batch = optional(effects, "batch").copy()
    batch[~known(optional(effects, "item"))] = None
    return batch, {str(name): evidence.plan.scenario.campaign.prizes.per_customer for name in batch if name is not None}
