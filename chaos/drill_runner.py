"""Runs the drills of a scenario on its timeline, in a thread of the door, beside the load."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from chaos.drill import Drill
from chaos.errors import ChaosError, WatchdogLost
from chaos.health import ProbeResult
from chaos.registry import build_drill
from chaos.steady_state import Steady, judge_steady, recovered_s
from chaos.system_events import SystemCopier
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import FaultState, FaultStatus
from scenarios.plan.scenario import PlannedDrill
from scenarios.run.drill_states import DrillState
from scenarios.run.event_kinds import DrillOverdue, DrillPlanned, DrillRecovered, DrillRefused, DrillSteady, OfDrill
from scenarios.run.folder import Plan, Run
from scenarios.run.live_window import LiveWindow

WindowProvider = Callable[[], LiveWindow]

_POLL_S = 0.1
_EFFECT_S = 30.0  # a bound only: the watchdog itself decides by the fault's own deadline
_HEAL_S = 90.0
_PATIENCE_S = 5.0  # for a hiccup to pass; a drill that strikes much later than planned is another drill


@dataclass(frozen=True, slots=True)
class DrillStatus:
    """What the terminal shows."""

    drill: str  # empty before the first and where there is none
    state: DrillState
    detail: str
    faults: tuple[FaultStatus, ...]  # those that are live


@dataclass(slots=True)
class _Struck:
    """A strike that was injected."""

    lease: str
    until_s: float  # monotonic clock; infinite: until the evidence is captured


class DrillRunner:
    """One rehearsal's drills, one after the other. Times of the scenario are seconds since T0."""

    def __init__(self, run: Run, plan: Plan, watchdog: WatchdogClient, window: WindowProvider) -> None:
        """`window` gives the latest live figures and is called from the runner's thread.

        Raises:
            BadInput: a drill or one of its settings is unknown.
        """
        self._drills = sorted(
            ((plan.scenario.strikes_s(planned), planned, build_drill(planned)) for planned in plan.scenario.drills),
            key=lambda entry: entry[0],
        )
        self._plan, self._watchdog, self._window = plan, watchdog, window
        self._handles = Handles.of(plan.target, plan.statics)
        self._events = run.event_writer("drills", plan.t0_monotonic_ns)
        self._copier: SystemCopier | None = None
        if plan.target.events:
            writer = run.event_writer("system", plan.t0_monotonic_ns)
            self._copier = SystemCopier(plan.target.events, plan.statics, self._handles.secret_values(), writer)
        self._struck: list[_Struck] = []
        self._stop = threading.Event()
        self._status = DrillStatus("", DrillState.PLANNED, "", ())
        self._thread = threading.Thread(target=self._follow, name="drills", daemon=True)

    def start(self) -> None:
        """Begins to follow the timeline."""
        for strikes_s, planned, _ in self._drills:
            self._tell(DrillPlanned(drill=planned.drill, at_s=strikes_s, deadline_s=planned.deadline, window_s=planned.window))
        if self._copier:
            self._copier.start()
        self._thread.start()

    def status(self) -> DrillStatus:
        """What it is doing, and the faults that are live."""
        return self._status

    def abort(self) -> None:
        """Starts no further drill and waits for nothing more. What is broken stays so until `finish`, so that evidence can be captured."""
        self._stop.set()

    def finish(self) -> list[str]:
        """Ends the drills: undoes what is still broken in reverse order and waits until it and the target are healed.

        Call it once, when the load has ended and the read-back is captured. Returns what is wrong, one sentence each; empty where all is
        whole.
        """
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_EFFECT_S)
        try:
            return self._heal()
        finally:
            if self._copier:
                self._copier.close()
            self._events.close()

    # The timeline, in the runner's own thread.

    def _follow(self) -> None:
        for strikes_s, planned, drill in self._drills:
            self._show(planned, DrillState.PLANNED, f"strikes at {strikes_s:g} s")
            if not self._wait_until(self._plan.t0_monotonic_ns / 1e9 + strikes_s):
                return
            try:
                self._drill(planned, drill)
            except WatchdogLost as error:
                self._show(planned, DrillState.FAILED, str(error))
                return
            except ChaosError as error:
                self._tell(DrillRefused(drill=planned.drill, reason=str(error)))
                self._show(planned, DrillState.FAILED, str(error))

    def _drill(self, planned: PlannedDrill, drill: Drill) -> None:
        steady = self._await_steady(planned)
        if steady is None:
            return
        if not steady.holds:
            self._tell(DrillRefused(drill=planned.drill, reason=f"no steady state: {steady.evidence}"))
            self._show(planned, DrillState.REFUSED, steady.evidence)
            return
        self._tell(DrillSteady(drill=planned.drill, evidence=steady.evidence))
        clock_ns = self._inject_all(planned, drill)
        if clock_ns is not None:
            self._await_recovery(planned, steady, clock_ns)

    def _await_steady(self, planned: PlannedDrill) -> Steady | None:
        """Steady state, awaited for a moment as long as the load lasts for the deadline and W after it; None where it was told to stop."""
        scenario = self._plan.scenario
        self._show(planned, DrillState.PLANNED, "until the state is steady")
        strikes_s = scenario.strikes_s(planned)
        spare_s = scenario.lasts_s - strikes_s - planned.deadline - planned.window
        until = self._plan.t0_monotonic_ns / 1e9 + strikes_s + min(_PATIENCE_S, spare_s)
        while True:
            steady = judge_steady(self._window(), planned.p99_limit_ms)
            if steady.holds or time.monotonic() >= until:
                return steady
            if not self._wait_until(time.monotonic() + _POLL_S):
                return None

    def _inject_all(self, planned: PlannedDrill, drill: Drill) -> int | None:
        """All strikes in their order; the time of the first real one, None where one had no effect."""
        clock_ns: int | None = None
        for step in drill.steps():
            if not self._wait_until(time.monotonic() + step.after_s):
                return None
            self._show(planned, DrillState.INJECTING, step.fault.kind())
            state = self._watchdog.inject(step.fault, planned.drill, starts_clock=not step.sets_up)
            state = self._await_effect(state)
            if state.state is not FaultState.EFFECTIVE:
                self._show(planned, DrillState.WITHOUT_EFFECT, f"{step.fault.kind()}: {state.evidence}")
                return None
            until_s = inf if step.lasts_s is None else time.monotonic() + step.lasts_s
            self._struck.append(_Struck(state.lease, until_s))
            if not step.sets_up and clock_ns is None:
                clock_ns = state.injected_ns
        return clock_ns

    def _await_effect(self, state: FaultStatus) -> FaultStatus:
        until = time.monotonic() + _EFFECT_S
        while state.state is FaultState.INJECTED and time.monotonic() < until:
            time.sleep(_POLL_S / 5)
            state = next(one for one in self._watchdog.faults() if one.lease == state.lease)
        return state

    def _await_recovery(self, planned: PlannedDrill, steady: Steady, clock_ns: int) -> None:
        clock_s = (clock_ns - self._plan.t0_monotonic_ns) / 1e9
        until = clock_ns / 1e9 + planned.deadline + planned.window + 1.0
        self._show(planned, DrillState.BROKEN, "until it recovers")
        rto_s: float | None = None
        while rto_s is None and time.monotonic() < until:
            if not self._wait_until(time.monotonic() + _POLL_S):
                return
            self._undo_due()
            rto_s = recovered_s(self._window(), clock_s, steady, planned.window)
        if rto_s is not None and rto_s <= planned.deadline:
            self._tell(DrillRecovered(drill=planned.drill, rto_s=round(rto_s, 3)))
            self._show(planned, DrillState.RECOVERED, f"after about {rto_s:.0f} s")
        else:
            self._tell(DrillOverdue(drill=planned.drill))
            self._show(planned, DrillState.OVERDUE, f"not recovered within {planned.deadline:g} s")
        while self._undo_due() and self._wait_until(time.monotonic() + _POLL_S):
            pass

    def _undo_due(self) -> bool:
        """Takes back what has lasted long enough; whether some is still to come."""
        due = [struck for struck in self._struck if time.monotonic() >= struck.until_s]
        for struck in reversed(due):
            self._watchdog.undo(struck.lease)
            self._struck.remove(struck)
        return any(struck.until_s < inf for struck in self._struck)

    def _wait_until(self, monotonic_s: float) -> bool:
        """Waits; False where it was told to stop."""
        return not self._stop.wait(max(0.0, monotonic_s - time.monotonic()))

    # The end, in the door's thread.

    def _heal(self) -> list[str]:
        self._status = DrillStatus(self._status.drill, DrillState.UNDOING, "", self._status.faults)
        try:
            states = self._watchdog.faults()
            for state in reversed(states):
                if state.state in (FaultState.INJECTED, FaultState.EFFECTIVE, FaultState.FAILED):
                    self._watchdog.undo(state.lease)
            states = self._await_settled()
        except ChaosError as error:
            return [str(error)]
        wrong = [f"{state.fault}: {state.evidence}" for state in states if state.state is not FaultState.HEALED]
        if states and self._handles.health and not (whole := self._await_whole()).holds:
            wrong.append(f"the target is not whole: {whole.evidence}")
        self._status = DrillStatus(self._status.drill, DrillState.FAILED if wrong else DrillState.HEALED, "; ".join(wrong), ())
        return wrong

    def _await_settled(self) -> list[FaultStatus]:
        until = time.monotonic() + _HEAL_S
        while True:
            states = self._watchdog.faults()
            waiting = tuple(state for state in states if state.state not in (FaultState.HEALED, FaultState.FAILED))
            if not waiting or time.monotonic() > until:
                return states
            self._status = DrillStatus(self._status.drill, DrillState.UNDOING, "", waiting)
            time.sleep(_POLL_S)

    def _await_whole(self) -> ProbeResult:
        until = time.monotonic() + _HEAL_S
        while not (whole := self._handles.probe_health()).holds and time.monotonic() < until:
            time.sleep(_POLL_S)
        return whole

    def _tell(self, facts: OfDrill) -> None:
        self._events.write(facts, time.monotonic_ns())

    def _show(self, planned: PlannedDrill, state: DrillState, detail: str) -> None:
        try:
            live = tuple(
                state for state in self._watchdog.faults() if state.state in (FaultState.INJECTED, FaultState.EFFECTIVE, FaultState.UNDONE)
            )
        except ChaosError:
            live = ()
        self._status = DrillStatus(planned.drill, state, detail, live)
