"""The run over time: what was offered and what came of it, what went wrong, and how long it took."""

from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from reports.evidence import Evidence
from reports.output.charts.canvas import (
    AMBER,
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    MUTED,
    RED,
    TEAL,
    VIOLET,
    Chart,
    finished,
    named,
    quiet,
    sheet,
)
from reports.output.charts.marks import draw_marks, label_marks, marks
from scenarios.run.outcomes import Outcome

_WRONG = ((Outcome.FAILURE, RED), (Outcome.UNKNOWN, VIOLET), (Outcome.SHED, AMBER), (Outcome.CHALLENGE, TEAL))

_BAND_CHARACTERS = 150
"""So many stand side by side over the whole of the run."""

_LEAST_CHARACTERS = 4


def timeline(evidence: Evidence) -> Chart:
    """Three panels over one clock, phases above them, faults and recoveries through them."""
    found = marks(evidence)
    with sheet("timeline", 1080, 570) as figure:
        strip, rates, wrong, took = figure.subplots(
            4, 1, sharex=True, gridspec_kw={"height_ratios": (1.35 if found else 0.5, 3.4, 1.5, 2.8), "hspace": 0.3}
        )
        figure.subplots_adjust(left=0.055, right=0.975, top=0.995, bottom=0.06)
        strip.set_xlim(0, max(1.0, evidence.load_ends_s))
        _phases(strip, evidence, marked=bool(found))
        _rates(rates, evidence)
        _wrong(wrong, evidence)
        _took(took, evidence)
        for axes in (rates, wrong, took):
            quiet(axes)
            draw_marks(axes, found)
        label_marks(strip, found)
        took.xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
        return finished("timeline", "Offered rate, goodput, failures and latency over the run, with faults and recoveries marked", figure)


def _fitting(name: str, share: float) -> str:
    """A phase's name in its share of the band: cut where it is too long, left out where nothing would be left of it."""
    room = int(share * _BAND_CHARACTERS)
    return name if len(name) <= room else f"{name[: room - 1]}…" if room >= _LEAST_CHARACTERS else ""


def _phases(strip: Any, evidence: Evidence, *, marked: bool) -> None:
    """Names of the phases in a band."""
    strip.set_ylim(-1 if marked else 0.4, 1)
    strip.axis("off")
    start_s, all_s = 0.0, max(1.0, evidence.load_ends_s)
    for number, phase in enumerate(evidence.plan.scenario.phases):
        end_s = min(start_s + phase.lasts_s, all_s)
        if end_s > start_s:
            strip.axvspan(
                start_s,
                end_s,
                ymin=0.72 if marked else 0.05,
                ymax=1,
                color=FAINT,
                alpha=1 if number % 2 == 0 else 0.55,
                linewidth=0,
            )
            name = _fitting(phase.name, (end_s - start_s) / all_s)
            named([strip.text((start_s + end_s) / 2, 0.715, name, ha="center", va="center", color=MUTED, fontsize=12)])
        start_s += phase.lasts_s


def _rates(axes: Any, evidence: Evidence) -> None:
    traffic = evidence.traffic
    offered, good = traffic.seconds(), traffic.seconds(traffic.good)
    refused = traffic.seconds(traffic.operations.outcome == Outcome.REFUSAL)
    edges = np.arange(len(offered) + 1)
    axes.stairs(good, edges, fill=True, color=GREEN, alpha=0.20, linewidth=0)
    axes.stairs(good, edges, color=GREEN, linewidth=1.8, baseline=None, label="goodput")
    axes.stairs(offered, edges, color=INK, linewidth=1.4, baseline=None, label="offered")
    if refused.any():
        axes.stairs(refused, edges, color=GREY, linewidth=1.2, baseline=None, label="refused")
    axes.set_ylim(bottom=0)
    _title(axes, "operations per second")
    _legend(axes)


def _wrong(axes: Any, evidence: Evidence) -> None:
    traffic = evidence.traffic
    bottom = np.zeros(len(traffic.seconds()), np.int64)
    middle = np.arange(len(bottom)) + 0.5
    for outcome, colour in _WRONG:
        count = traffic.seconds((traffic.operations.outcome == outcome) & ~traffic.operations.unsent)
        if count.any():
            axes.bar(middle, count, bottom=bottom, width=0.86, color=colour, linewidth=0, label=outcome.label)
            bottom = bottom + count
    axes.set_ylim(0, max(4, int(bottom.max(initial=0)) * 1.15))
    _title(axes, "went wrong per second" if bottom.any() else "went wrong per second: nothing")
    _legend(axes)


def _took(axes: Any, evidence: Evidence) -> None:
    traffic = evidence.traffic
    middle = np.arange(len(traffic.seconds())) + 0.5
    for line, colour, name in zip(traffic.quantile_lines_ms(0.99, 0.5), (AMBER, BLUE), ("p99", "p50"), strict=True):
        axes.plot(middle, np.maximum(line, 0.1), color=colour, linewidth=1.8, label=name)
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(max(0.5, low), max(high, 100))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} ms" if value < 1000 else f"{value / 1000:g} s")  # noqa: PLR2004 - a second
    axes.yaxis.set_minor_locator(NullLocator())  # a tick costs more than a line, and these could not be seen
    _title(axes, "latency, from the first intent")
    _legend(axes)


def _title(axes: Any, text: str) -> None:
    axes.set_title(text, pad=7, fontsize=12, color=MUTED, fontweight="normal")


def _legend(axes: Any) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 0.98),
            ncols=6,
            frameon=False,
            handlelength=1.1,
            handletextpad=0.5,
            columnspacing=1.4,
            borderaxespad=0.1,
            labelcolor=MUTED,
            fontsize=12,
        )
