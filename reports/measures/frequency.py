"""What may happen to a customer so often a day: how often it was shown to each, and what the read-back tells of it by day."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.plan.campaign import SHANGHAI
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Frequency:
    """For each operation that is capped: the cap, and how often it happened."""

    cap: int
    answered: Counter[int]
    """By customer, as they were answered."""
    recorded: Counter[tuple[int, str]]
    """By customer and day, as the read-back tells."""


def frequencies(evidence: "Evidence") -> dict[str, Frequency]:
    """By operation.

    Raises:
        NotMapped: no effect of the target's is capped, or nobody asked for one.
        NoEvidence: the effects are not there.
    """
    plan, keys = evidence.plan, evidence.keys
    kinds = {name: one.capped for name in plan.operations if (one := effect_of(plan, name)) and one.capped}
    if not kinds:
        raise NotMapped("no effect in the target's file is capped for a customer's day (`capped`)")
    caps = plan.scenario.campaign.daily_caps
    found = {name: Frequency(caps[kind], Counter(), Counter()) for name, kind in kinds.items()}
    for index, name in enumerate(plan.operations):
        if name in found:
            rows = (keys.op == index) & (keys.outcome == Outcome.SUCCESS)
            found[name].answered.update(keys.customer[rows].tolist())
    _record(evidence, found)
    if not any(one.answered or one.recorded for one in found.values()) and not evidence.asks(found):
        raise NotMapped("no customer of this run asked for what is capped")
    return found


def _record(evidence: "Evidence", found: dict[str, Frequency]) -> None:
    effects = evidence.table("effects")
    ops, customer, at_ms = column(effects, "op"), optional(effects, "customer"), optional(effects, "at_ms")
    for row in np.flatnonzero(known(customer) & known(at_ms)).tolist():
        if ops[row] in found:
            found[ops[row]].recorded[int(customer[row]), _day(float(at_ms[row]))] += 1


def days(evidence: "Evidence") -> int:
    """How many days of the bank's calendar the run touches. Raises NoEvidence where T0 is not known."""
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    scenario, began = evidence.plan.scenario, datetime.fromtimestamp(evidence.t0_ms / 1000, SHANGHAI)
    return ((began + timedelta(seconds=scenario.lasts_s + scenario.drain)).date() - began.date()).days + 1


def _day(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, SHANGHAI).date().isoformat()
