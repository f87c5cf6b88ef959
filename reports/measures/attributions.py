"""Who came by which link, and how many the system says that each link has brought."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, integers, known, optional
from reports.measures.books import effect_of

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass
class Link:
    """One of a channel's. `told` is how many it brought by its own row; None where it has none."""

    customers: list[int] = field(default_factory=list)
    told: int | None = None
    last_ms: float = 0.0


def links(evidence: "Evidence") -> dict[str, Link]:
    """All links that somebody came by, as channel and link.

    Raises:
        NotMapped: no effect of the target's credits a link, its read-back has no `sources`, or nobody came by one.
        NoEvidence: the effects or the links are not there.
    """
    plan = evidence.plan
    mapped = {name for name in plan.operations if (one := effect_of(plan, name)) and one.credits}
    if not mapped:
        raise NotMapped("no effect in the target's file owes customers to a link (`credits`)")
    if not evidence.has("sources"):
        raise NotMapped("the target's read-back has no sources")
    found: defaultdict[str, Link] = defaultdict(Link)
    effects = evidence.table("effects")
    sources, customers, at_ms = (optional(effects, name) for name in ("source", "customer", "at_ms"))
    for row in np.flatnonzero(known(sources) & np.isin(column(effects, "op"), list(mapped))).tolist():
        link = found[str(sources[row])]
        link.customers.append(int(customers[row]))
        link.last_ms = max(link.last_ms, float(at_ms[row] or 0))
    rows = evidence.table("sources")
    for name, count in zip(column(rows, "source"), integers(column(rows, "customers"), "customers").tolist(), strict=True):
        found[str(name)].told = count
    if not found and not evidence.asks(mapped):
        raise NotMapped("no customer of this run came by a link")
    return dict(sorted(found.items()))
