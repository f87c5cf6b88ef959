"""The pulse around a fault: the share of correct answers in time."""

from typing import Any

import numpy as np

from reports.evidence import Evidence
from reports.measures.recovery import PathPulse, Recovery
from reports.output.charts.canvas import AMBER, BLUE, GREEN, GREY, MUTED, RED, TEAL, VIOLET, Chart, finished, named, quiet, sheet

_NS = 1_000_000_000
_BEFORE_S, _AFTER_S, _BIN_S = 5.0, 6.0, 0.25


def chart_name(strike: str) -> str:
    """The name of a strike's chart, which is a file's too: an address has no #."""
    return f"pulse-{strike.replace('#', '-')}"


def pulse(evidence: Evidence, recovery: Recovery) -> Chart:
    """Each path's r = G/A in bins of a quarter of a second, from 5 s before zero until well after the recovery."""
    zero_s = recovery.strike.zero_s or 0.0
    until_s = min(evidence.load_ends_s - zero_s - 1, max(recovery.rto_s or 0.0, 4.0) + _AFTER_S)
    offsets = np.arange(-_BEFORE_S / _BIN_S, max(1.0, until_s) / _BIN_S + 1) * _BIN_S
    name = chart_name(recovery.id)
    with sheet(name, 1080, 250) as figure:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.055, right=0.975, top=0.86, bottom=0.11)
        quiet(axes)
        for path, colour in zip(recovery.paths, (BLUE, TEAL, VIOLET, AMBER, GREY), strict=False):
            pulse = PathPulse.of(evidence.pulse.of_operation(path.operation))
            intended, good = pulse.asked.windows(np.round((zero_s + offsets) * _NS).astype(np.int64), round(_BIN_S * _NS))
            share = np.where(intended > 0, good / np.maximum(1, intended), np.nan)
            axes.step(offsets, share, where="post", color=colour, linewidth=1.8, label=path.operation)
            if path.r0:
                axes.axhline(0.95 * path.r0, color=colour, linewidth=1, linestyle=(0, (2, 4)), alpha=0.7)
        _moments(axes, recovery)
        axes.set_ylim(-0.03, 1.06)
        axes.set_xlim(offsets[0], offsets[-1])
        axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:+g} s" if value else "fault")
        legend = axes.legend(
            loc="lower right", bbox_to_anchor=(1, 1.0), ncols=5, frameon=False, handlelength=1.1, columnspacing=1.4, labelcolor=MUTED
        )
        named(legend.get_texts())
        return finished(name, f"Share of correct answers in time around the fault of {recovery.id}", figure)


def _moments(axes: Any, recovery: Recovery) -> None:
    """Zero with its error bar, the system's own steps, and the recovery."""
    strike = recovery.strike
    error_s = (strike.effective_s or 0.0) - (strike.zero_s or 0.0)
    axes.axvspan(0, max(error_s, 0.0), color=RED, alpha=0.22, linewidth=0)
    axes.axvline(0, color=RED, linewidth=1.6)
    at_s = 0.0
    for step in (recovery.detection_s, recovery.decision_s, recovery.failover_s):
        if step is None:
            break
        at_s += step
        axes.axvline(at_s, color=BLUE, linewidth=1.2, linestyle=(0, (4, 3)))
    if recovery.rto_s is not None and recovery.felt_by_latecomers_s is not None and not recovery.rto_censored:
        axes.axvline(recovery.felt_by_latecomers_s, color=GREEN, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.axvspan(recovery.rto_s, recovery.rto_s + max(error_s, 0.0), color=GREEN, alpha=0.22, linewidth=0)
        axes.axvline(recovery.rto_s, color=GREEN, linewidth=1.6)
