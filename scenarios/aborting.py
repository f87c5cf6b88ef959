"""Gates that stop a run: each looks at the last seconds of the live window, and breaks where its limit is broken over all of its time."""

from dataclasses import dataclass

import numpy as np

from scenarios.gates import Gate
from scenarios.live import LiveWindow, Second
from scenarios.outcomes import Outcome
from scenarios.scenario import Scenario

_LEAST_ATTEMPTS = 20
"""Fewer attempts in a gate's time decide nothing."""

_RATIOS: dict[str, tuple[Outcome, ...]] = {
    "success ratio": (Outcome.SUCCESS,),
    "refusal ratio": (Outcome.REFUSAL,),
    "shed ratio": (Outcome.SHED,),
    "failure ratio": (Outcome.FAILURE,),
    "unknown ratio": (Outcome.UNKNOWN,),
    "error ratio": (Outcome.FAILURE, Outcome.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A gate that was broken for its time."""

    gate: Gate
    measured: float  # in the gate's unit; approximate, of attempts


class AbortWatch:
    """Watches the gates of a scenario that have `abort after`."""

    def __init__(self, scenario: Scenario, operations: list[str]) -> None:
        """`operations` are the run's, by the index that stands in the records."""
        self._gates = [gate for gate in scenario.parsed_gates if gate.abort_after_s is not None]
        self._index = {name: index for index, name in enumerate(operations)}
        self._spans = {phase.name: scenario.span(phase.name) for phase in scenario.phases}

    def breach(self, window: LiveWindow) -> Breach | None:
        """The first gate that is broken over its whole time now, None where all hold or too little is known."""
        for gate in self._gates:
            measured = self._measured(gate, window)
            if measured is not None and not gate.holds(measured):
                return Breach(gate, measured)
        return None

    def _measured(self, gate: Gate, window: LiveWindow) -> float | None:
        seconds = self._seconds(gate, window)
        if seconds is None:
            return None
        op = self._index[gate.subject] if gate.subject else None
        outcomes: dict[Outcome, int] = {}
        for second in seconds:
            for outcome, number in (second.outcomes if op is None else second.by_op.get(op, {})).items():
                outcomes[outcome] = outcomes.get(outcome, 0) + number
        attempts = sum(outcomes.values())
        if gate.measure == "tps":
            return outcomes.get(Outcome.SUCCESS, 0) / len(seconds)
        if attempts < _LEAST_ATTEMPTS:
            return None
        if gate.measure in _RATIOS:
            return sum(outcomes.get(outcome, 0) for outcome in _RATIOS[gate.measure]) / attempts
        latencies = [one for second in seconds for one in (second.latencies_ms if op is None else second.latencies_by_op.get(op, ()))]
        return float(np.quantile(latencies, gate.about.quantile or 1.0))

    def _seconds(self, gate: Gate, window: LiveWindow) -> tuple[Second, ...] | None:
        """The gate's last seconds, where the window has them all and they all lie in its phase."""
        count = max(1, round(gate.abort_after_s or 0))
        seconds = window.seconds[-count:]
        start, end = self._spans[gate.phase] if gate.phase else (0.0, float("inf"))
        if len(seconds) < count or seconds[0].start_s < start or seconds[-1].start_s + 1 > end:
            return None
        return seconds
