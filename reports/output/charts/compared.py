"""A run and its baseline over one clock, and their figures side by side."""

from typing import Any

import numpy as np

from reports.evidence import Evidence
from reports.formatting import measured
from reports.measures.arrays import Floats
from reports.measures.baseline import Difference
from reports.measures.traffic import Traffic
from reports.output.charts.canvas import BLUE, GREY, INK, MUTED, Chart, finished, quiet, sheet

_MS_A_SECOND = 1000


def compared_lines(now: Evidence, before: Evidence) -> Chart:
    """Transactions and goodput per second, and the slowest hundredth, of both."""
    with sheet("compared", 1080, 480) as figure:
        panels = figure.subplots(3, 1, sharex=True, gridspec_kw={"hspace": 0.34})
        figure.subplots_adjust(left=0.055, right=0.975, top=0.945, bottom=0.06)
        for traffic, colour, name, width in ((before.traffic, GREY, "baseline run", 1.4), (now.traffic, BLUE, "this run", 1.6)):
            lines = (traffic.seconds(traffic.transactions), traffic.seconds(traffic.good))
            for axes, counts in zip(panels, lines, strict=False):
                axes.stairs(counts, np.arange(len(counts) + 1), color=colour, linewidth=width, baseline=None, label=name)
            _slowest(panels[2], traffic, colour, width)
        for axes, title in zip(panels, ("TPS", "goodput per second", "p99 latency"), strict=True):
            quiet(axes)
            axes.set_title(title, pad=7, fontsize=12, color=MUTED, fontweight="normal")
        panels[0].set_ylim(bottom=0)
        panels[1].set_ylim(bottom=0)
        panels[2].xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
        panels[0].legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, frameon=False, handlelength=1.1, labelcolor=MUTED)
        return finished("compared", "Transactions, goodput and latency of this run and of the baseline run over time", figure)


def _slowest(axes: Any, traffic: Traffic, colour: str, width: float) -> None:
    line: Floats = np.maximum(traffic.quantile_lines_ms(0.99)[0], 0.5)
    axes.plot(np.arange(len(line)) + 0.5, line, color=colour, linewidth=width)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} ms" if value < _MS_A_SECOND else f"{value / _MS_A_SECOND:g} s")
    axes.minorticks_off()


def compared_bars(found: list[Difference]) -> Chart:
    """Each figure of both as a pair of bars on a scale of its own; the line is where the run's may lie, by its difference."""
    shown = [one for one in found if one.before is not None and one.now is not None]
    with sheet("compared-figures", 1080, 190) as figure:
        panels = np.atleast_1d(figure.subplots(1, max(1, len(shown))))
        figure.subplots_adjust(left=0.02, right=0.985, top=0.84, bottom=0.14, wspace=0.25)
        for axes, one in zip(panels, shown, strict=False):
            _pair(axes, one)
        return finished("compared-figures", "Figures of the baseline run and of this run side by side", figure)


def _pair(axes: Any, one: Difference) -> None:
    before, now = one.before or 0.0, one.now or 0.0
    axes.bar((0, 1), (before, now), width=0.62, color=(GREY, BLUE), linewidth=0)
    above = now
    if one.low is not None and one.high is not None:
        axes.plot((1, 1), (before + one.low, before + one.high), color=INK, linewidth=1.4)
        above = max(now, before + one.high)
    top = max(before, above) or 1.0
    axes.set_ylim(0, top * 1.24)
    for place, value, height in ((0, before, before), (1, now, above)):
        told = measured(round(value, 1 if one.unit != "ratio" else 4), one.unit)
        axes.text(place, height + top * 0.03, told, ha="center", va="bottom", fontsize=11, color=INK)
    axes.set_xticks((0, 1), ("before", "now"))
    axes.set_xlim(-0.7, 1.7)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_title(one.name, pad=7, fontsize=12, color=MUTED, fontweight="normal")
