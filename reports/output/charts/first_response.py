"""How long tickets waited for a first response, with the line by which somebody must have responded."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import NoEvidence, NotMapped
from reports.output.charts.canvas import GREEN, INK, RED, Chart, finished, quiet, sheet

_BINS_IN_TIME, _BINS_LATE = 15, 15
_LEAST_TICKETS_SHOWN = 4


def first_response(evidence: Evidence) -> Chart | None:
    """Tickets by the desk's minutes, those that waited longer than shown in the last bar; None where none was responded to."""
    try:
        found = evidence.responses
    except (NotMapped, NoEvidence):
        return None
    desk = evidence.plan.scenario.campaign.desk
    waits_min = np.array([one.waited_s * desk.clock / 60 for one in found if one.answered])
    if not len(waits_min):
        return None
    width_min = desk.respond_min / _BINS_IN_TIME
    bins = np.clip(np.ceil(waits_min / width_min) - 1, 0, _BINS_IN_TIME + _BINS_LATE - 1).astype(int)
    late = waits_min > desk.respond_min
    with sheet("first-response", 540, 230) as figure:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.09, right=0.945, top=0.9, bottom=0.13)
        quiet(axes)
        counts = np.bincount(bins, minlength=_BINS_IN_TIME + _BINS_LATE)
        for which, colour in ((bins[~late], GREEN), (bins[late], RED)):
            there = np.unique(which)
            axes.bar((there + 0.5) * width_min, counts[there], width=width_min * 0.86, color=colour, linewidth=0)
        axes.axvline(desk.respond_min, color=INK, linewidth=1.4, linestyle=(0, (4, 3)))
        axes.set_xlim(0, (_BINS_IN_TIME + _BINS_LATE) * width_min)
        axes.set_ylim(0, max(_LEAST_TICKETS_SHOWN, int(counts.max()) * 1.1))
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} min")
        axes.text(desk.respond_min * 1.02, axes.get_ylim()[1], f"{desk.respond_min:g} min", color=INK, fontsize=12, ha="left", va="top")
        return finished(
            "first-response", "Tickets by the minutes that they waited for a first response, with the line that is owed", figure
        )
