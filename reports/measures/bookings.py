"""Bookings: what customers were promised, and whose each place is by the read-back."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass
class Slot:
    """A place: to which customers it was promised, who has it by the read-back, and when it was last given."""

    promised: list[int] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    last_ms: float = 0.0


def bookings(evidence: "Evidence") -> dict[str, Slot]:
    """All places by their business keys.

    Raises:
        NotMapped: no effect of the target's reserves a place, or nobody asked for one.
        NoEvidence: the effects are not there.
    """
    plan, keys = evidence.plan, evidence.keys
    mapped = {name for name in plan.operations if (one := effect_of(plan, name)) and one.reserves}
    if not mapped:
        raise NotMapped("no effect in the target's file reserves a place (`reserves`)")
    found: defaultdict[str, Slot] = defaultdict(Slot)
    ops = [index for index, name in enumerate(plan.operations) if name in mapped]
    for row in np.flatnonzero(np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS)).tolist():
        found[keys.business[row].decode(errors="replace")].promised.append(int(keys.customer[row]))
    effects = evidence.table("effects")
    names, business, customer = column(effects, "op"), optional(effects, "business"), optional(effects, "customer")
    at_ms = optional(effects, "at_ms")
    for row in np.flatnonzero(np.isin(names, list(mapped)) & known(business)).tolist():
        slot = found[str(business[row])]
        slot.given.append(int(customer[row]))
        slot.last_ms = max(slot.last_ms, float(at_ms[row] or 0))
    if not found and not evidence.asks(mapped):
        raise NotMapped("no customer of this run asked for a place")
    return dict(sorted(found.items()))
