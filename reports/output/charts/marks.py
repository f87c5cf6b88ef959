"""What happened when: faults, promotions and recoveries, and what stopped the run, as charts mark them."""

from dataclasses import dataclass
from typing import Any

from reports.evidence import Evidence
from reports.formatting import number
from reports.output.charts.canvas import BLUE, GREEN, RED, named
from scenarios.run.event_kinds import GateBreached
from scenarios.run.system_event_kinds import SystemPromoted


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment with its error bar, in seconds since T0."""

    at_s: float
    error_s: float
    label: str
    colour: str
    dashed: bool
    left: bool  # its label stands to the left
    named: bool = False  # its label is a name that somebody gave


def marks(evidence: Evidence) -> list[Mark]:
    """Faults, promotions and recoveries, each uncertain by the fault's [injecting, effective]; and when a broken gate stopped the run."""
    found: list[Mark] = []
    for recovery in evidence.recoveries:
        strike = recovery.strike
        zero_s = strike.zero_s or 0.0
        error_s = (strike.effective_s or zero_s) - zero_s
        found.append(Mark(zero_s, error_s, strike.id, RED, dashed=False, left=True, named=True))
        promoted = [event.at_s for event in evidence.of_kind(SystemPromoted) if zero_s <= event.at_s < strike.next_zero_s]
        if promoted:
            found.append(Mark(promoted[0], error_s, f"promoted +{number(promoted[0] - zero_s, 2)} s", BLUE, dashed=True, left=False))
        if recovery.rto_s is not None and not recovery.rto_censored:
            found.append(
                Mark(zero_s + recovery.rto_s, error_s, f"recovered +{number(recovery.rto_s, 2)} s", GREEN, dashed=False, left=False)
            )
    for event in evidence.of_kind(GateBreached):
        gate = event.facts
        found.append(Mark(gate.from_s, gate.to_s - gate.from_s, f"broken until stopped: {gate.gate}", RED, dashed=False, left=True))
    return found


def draw_marks(axes: Any, found: list[Mark]) -> None:
    """Lines through a panel, with their error bars."""
    for mark in found:
        axes.axvspan(mark.at_s, mark.at_s + mark.error_s, color=mark.colour, alpha=0.18, linewidth=0, zorder=1)
        axes.axvline(mark.at_s, color=mark.colour, linewidth=1.4, linestyle=(0, (4, 3)) if mark.dashed else "solid", zorder=4)


def label_marks(axes: Any, found: list[Mark]) -> None:
    """Their names in a strip above, each in a row of its own where they are near."""
    span_s = axes.get_xlim()[1] - axes.get_xlim()[0]
    free_from: dict[int, float] = {}
    for mark in found:
        width_s = span_s * 0.16
        begins_s = mark.at_s - width_s if mark.left else mark.at_s
        row = next((row for row in range(3) if free_from.get(row, -1e9) <= begins_s), 2)
        free_from[row] = begins_s + width_s
        shift_s = span_s * 0.005
        label = axes.text(
            mark.at_s + (-shift_s if mark.left else shift_s),
            0.12 - row * 0.5,
            mark.label,
            color=mark.colour,
            ha="right" if mark.left else "left",
            va="center",
            fontsize=12,
            fontweight="bold" if mark.left else "normal",
        )
        if mark.named:
            named([label])
