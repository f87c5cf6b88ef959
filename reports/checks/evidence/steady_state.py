"""The target worked at some time: a system that was broken before anybody came tells nothing about a launch."""

from dataclasses import replace

import numpy as np

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, trusted
from reports.formatting import measured
from reports.measures.arrays import I64, Bools
from scenarios.plan.scenario import STEADY_S
from scenarios.run.outcomes import IN_ORDER

ID = "steady-state"
TITLE = "The target was in steady state before it was judged"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)
EXPLAINED_BY = ("processes", "whole-run")

_LEAST = 20
_SHARE = 1 / 3


def check(evidence: Evidence) -> Finding:
    """The share of operations answered in order, failures and silence being the disorder, in the best of all windows.

    A window is ten seconds, or a third of a load that is shorter than half a minute; windows with a handful of operations do not count.
    """
    every = evidence.operations
    operations = every.select(~every.unsent & (every.intended_ns >= 0))  # before T0 only the pulse's customers introduce themselves
    if not len(operations):
        raise NoEvidence("nothing was sent")
    lasts_s = max(1, round(min(STEADY_S, evidence.load_ends_s * _SHARE)))
    best, since_s = _best(operations.intended_ns // 1_000_000_000, np.isin(operations.outcome, IN_ORDER), lasts_s)
    limit = evidence.plan.scenario.trust.steady_ratio
    where = f"at best {measured(best, 'ratio')} of operations were answered in order over {lasts_s} s, from {since_s} s on"
    detail = where if best >= limit else f"the target never was in steady state: {where}"
    return replace(trusted(best >= limit, ID, best, limit, "ratio", detail), sign=">=")


def _best(second: I64, in_order: Bools, lasts_s: int) -> tuple[float, int]:
    """The best share over windows of so many whole seconds, and where its window starts; of all operations where no window has enough."""
    first = int(second.min())
    bins = int(second.max()) - first + 1
    both = [np.r_[0, np.cumsum(np.bincount(second[which] - first, minlength=bins))] for which in (in_order, np.ones(len(second), bool))]
    right, count = (sums[min(lasts_s, bins) :] - sums[: -min(lasts_s, bins)] for sums in both)
    full = np.flatnonzero(count >= _LEAST)
    if not len(full):
        return float(np.count_nonzero(in_order)) / len(second), first
    best = full[np.argmax(right[full] / count[full])]
    return float(right[best] / count[best]), int(best) + first
