"""Gates that stop a run: each looks at the last seconds of the live window, and breaks where its limit is broken over all of its time.

Those of what the target tells of itself (its writers, its kill switch) look at its last word instead, and for how long it has been broken.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from chaos.system_events import ToldNow
from scenarios.plan.gates import TOLD, Gate
from scenarios.plan.scenario import Scenario
from scenarios.run.live_window import LiveWindow, Second
from scenarios.run.outcomes import RATIOS, Outcome

NOTHING_TOLD = ToldNow()
_LEAST_ATTEMPTS = 20
"""Fewer attempts in a gate's time decide nothing."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A gate that was broken for its time. Seconds since T0."""

    gate: Gate
    measured: float  # in the gate's unit; approximate, of attempts
    from_s: float
    to_s: float


class AbortWatch:
    """Watches the gates of a scenario that have `abort after`."""

    def __init__(self, scenario: Scenario, operations: list[str], effectful: Collection[str]) -> None:
        """`operations` are the run's, by the index that stands in the records; the `effectful` of them make transactions."""
        aborting = [gate for gate in scenario.parsed_gates if gate.abort_after_s is not None]
        self._gates = [gate for gate in aborting if gate.measure not in TOLD]
        self._told_gates = [gate for gate in aborting if gate.measure in TOLD]
        self._broken_since_s: dict[str, float] = {}  # gates of what is told, by their text
        self._index = {name: index for index, name in enumerate(operations)}
        self._effectful = {self._index[name] for name in effectful}
        self._spans = {phase.name: scenario.span(phase.name) for phase in scenario.phases}

    def breach(self, window: LiveWindow, told: ToldNow = NOTHING_TOLD) -> Breach | None:
        """The first gate that is broken over its whole time now, None where all hold or too little is known."""
        return self._breach_told(told, window.now_s) or self._breach_seen(window)

    def _breach_told(self, told: ToldNow, now_s: float) -> Breach | None:
        for gate in self._told_gates:
            measured = told.trips if gate.measure == "trips" else told.writers
            if measured is None or gate.holds(measured):
                self._broken_since_s.pop(gate.text, None)
                continue
            since_s = self._broken_since_s.setdefault(gate.text, now_s)
            if now_s - since_s >= (gate.abort_after_s or 0.0):
                return Breach(gate, measured, since_s, now_s)
        return None

    def _breach_seen(self, window: LiveWindow) -> Breach | None:
        for gate in self._gates:
            seconds = self._seconds(gate, window)
            measured = None if seconds is None else self._measured(gate, seconds)
            if seconds and measured is not None and not gate.holds(measured):
                return Breach(gate, measured, seconds[0].start_s, seconds[-1].start_s + 1)
        return None

    def _measured(self, gate: Gate, seconds: tuple[Second, ...]) -> float | None:
        op = self._index[gate.subject] if gate.subject else None
        if gate.measure == "tps":
            ops = self._effectful if op is None else {op}
            return sum(second.by_op.get(one, {}).get(Outcome.SUCCESS, 0) for second in seconds for one in ops) / len(seconds)
        outcomes: dict[Outcome, int] = {}
        for second in seconds:
            for outcome, number in (second.outcomes if op is None else second.by_op.get(op, {})).items():
                outcomes[outcome] = outcomes.get(outcome, 0) + number
        attempts = sum(outcomes.values())
        if attempts < _LEAST_ATTEMPTS:
            return None
        if gate.measure in RATIOS:
            return sum(outcomes.get(outcome, 0) for outcome in RATIOS[gate.measure]) / attempts
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
