"""How long customers waited for what they were promised, from a tenth of a second to days, with the line of the last working day."""

from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from reports.evidence import Evidence
from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import Floats
from reports.measures.payout_days import Promise
from reports.output.charts.canvas import GREEN, INK, RED, Chart, finished, quiet, sheet
from scenarios.plan.campaign import SHANGHAI

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_TICKS = {
    0.1: "0.1 s",
    1.0: "1 s",
    10.0: "10 s",
    _MINUTE: "1 min",
    10 * _MINUTE: "10 min",
    _HOUR: "1 h",
    10 * _HOUR: "10 h",
    4 * _DAY: "4 d",
}
_LEAST_S, _MOST_S, _BINS = 0.05, 20 * _DAY, 48
_LEAST_PROMISES_SHOWN = 4


def payout_ageing(evidence: Evidence) -> Chart | None:
    """Promises by how long they waited, the late ones red; None where none was paid, or no last day is known."""
    try:
        found = [one for one in evidence.payout_promises if one.paid_ms is not None and one.due is not None]
    except (NotMapped, NoEvidence):
        return None
    if not found:
        return None
    waited_s = np.clip([_waited_s(one) for one in found], _LEAST_S, _MOST_S * 0.999)
    late = np.array([one.paid is not None and one.due is not None and one.paid > one.due for one in found])
    with sheet("payout-ageing", 540, 230) as figure:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.11, right=0.965, top=0.9, bottom=0.13)
        quiet(axes)
        axes.set_xscale("log")
        most = max(_bars(axes, waited_s[~late], GREEN), _bars(axes, waited_s[late], RED))
        axes.set_xlim(_LEAST_S, _MOST_S)
        axes.set_ylim(0, max(_LEAST_PROMISES_SHOWN, most * 1.12))
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_xticks(list(_TICKS), list(_TICKS.values()))
        axes.minorticks_off()
        line_s = float(np.median([_due_s(one) for one in found]))
        axes.axvline(line_s, color=INK, linewidth=1.4, linestyle=(0, (4, 3)))
        axes.text(line_s / 1.15, axes.get_ylim()[1], "last working day", color=INK, fontsize=12, ha="right", va="top")
        return finished(
            "payout-ageing", "Promises by how long they waited for their payment, with the line of the last working day", figure
        )


def _bars(axes: Any, waited_s: Floats, colour: str) -> int:
    """Bars of equal width on the logarithmic clock; gives the highest."""
    edges = np.geomspace(_LEAST_S, _MOST_S, _BINS + 1)
    counts = np.histogram(waited_s, edges)[0]
    there = np.flatnonzero(counts)
    axes.bar(edges[there] * 1.03, counts[there], width=np.diff(edges)[there] * 0.9, align="edge", color=colour, linewidth=0)
    return int(counts.max(initial=0))


def _waited_s(promise: Promise) -> float:
    return ((promise.paid_ms or promise.at_ms) - promise.at_ms) / 1000


def _due_s(promise: Promise) -> float:
    """From the promise to the end of its last day."""
    if promise.due is None:
        return _MOST_S
    ends = datetime.combine(promise.due + timedelta(days=1), time(), SHANGHAI)
    return ends.timestamp() - promise.at_ms / 1000
