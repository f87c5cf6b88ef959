"""The seconds in which more of a prize was ordered: what was left of it, what came, and the forecasts that it was ordered for."""

import numpy as np

from reports.evidence import Evidence
from reports.measures.arrays import Floats, optional
from reports.measures.restocking import Outlook, outlooks, went_ms
from reports.measures.stock_rows import counts
from reports.output.charts.canvas import AMBER, BLUE, MUTED, TEAL, VIOLET, Chart, cut, finished, named, quiet, sheet
from reports.output.charts.marks import draw_marks, marks

_COLOURS = (BLUE, AMBER, TEAL, VIOLET)
_NAME_CHARACTERS = 16
_BEFORE_S, _AFTER_S = 10.0, 5.0


def restocking(evidence: Evidence) -> Chart | None:
    """The prizes that most orders were made for; None where none was made, or nothing tells when prizes went."""
    told = [one for one in outlooks(evidence) if np.isfinite(one.gone_s)]
    if not told or evidence.t0_ms is None or "stock" not in evidence.tables or "stock" in evidence.table_problems:
        return None
    names = list(dict.fromkeys(one.item for one in told))[: len(_COLOURS)]
    from_s = max(0.0, min(one.at_s for one in told) - _BEFORE_S)
    to_s = max(max(one.gone_s, one.went_s or 0.0, one.arrived_s or 0.0) for one in told) + _AFTER_S
    stock = evidence.tables["stock"]
    initial = dict(zip(map(str, optional(stock, "item")), counts(stock, "initial").tolist(), strict=True))
    with sheet("restocking", 540, 230) as figure:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.11, right=0.965, top=0.88, bottom=0.12)
        quiet(axes)
        most = 1.0
        for name, colour in zip(names, _COLOURS, strict=False):
            mine = [one for one in told if one.item == name]
            times, left = left_of((went_ms(evidence, name, "") - evidence.t0_ms) / 1000, mine, initial[name], to_s)
            axes.step(times, left, where="post", color=colour, linewidth=1.6, label=cut(name, _NAME_CHARACTERS))
            most = max(most, float(left[max(0, int(np.searchsorted(times, from_s)) - 1) :].max()))
            for one in mine:
                ordered = float(left[max(0, int(np.searchsorted(times, one.at_s, side="right")) - 1)])
                axes.plot([one.at_s, one.gone_s], [ordered, 0], color=colour, linewidth=1.2, linestyle=(0, (2, 2)))
        axes.set_xlim(from_s, to_s)
        axes.set_ylim(0, most * 1.05)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
        legend = axes.legend(
            loc="lower right", bbox_to_anchor=(1, 0.99), ncols=4, frameon=False, handlelength=1.1, columnspacing=1.4, labelcolor=MUTED
        )
        named(legend.get_texts())
        draw_marks(axes, [mark for mark in marks(evidence) if from_s <= mark.at_s <= to_s])
        return finished("restocking", "Prizes left while more was ordered", figure)


def left_of(went_s: Floats, orders: list[Outlook], initial: float, until_s: float) -> tuple[Floats, Floats]:
    """From when on how many were left, until then: one goes at a time, and a batch comes whole."""
    changes = [(float(at_s), -1) for at_s in went_s] + [(one.arrived_s, one.units) for one in orders if one.arrived_s is not None]
    changes = sorted(change for change in changes if change[0] <= until_s)
    times = np.array([0.0, *(at_s for at_s, _ in changes), until_s])
    left = initial + np.cumsum([0, *(count for _, count in changes), 0])
    return times, left.astype(np.float64)
