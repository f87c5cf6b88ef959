"""Runs the drills of a scenario on its timeline, each strike in a thread of the door, beside the load."""

import threading
import time
from dataclasses import dataclass, replace

from chaos.errors import ChaosError, WatchdogLost
from chaos.health import ProbeResult
from chaos.planned_strikes import prepare_strikes
from chaos.registry import drill_facts
from chaos.strike_runner import EFFECT_S, POLL_S, Stage, StrikeRunner, WindowProvider
from chaos.system_events import SystemCopier, ToldNow, system_copier
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import FaultState, FaultStatus
from scenarios.plan.strikes import Strike
from scenarios.run.drill_states import DrillState
from scenarios.run.event_kinds import PluginFailed, RunNotWhole
from scenarios.run.fault_event_kinds import DrillPlanned, OfDrill
from scenarios.run.folder import Plan, Run

_HEAL_S = 90.0


@dataclass(frozen=True, slots=True)
class DrillStatus:
    """What the terminal shows: the strike of which there is news."""

    strike: str  # empty before the first and where there is none
    state: DrillState
    detail: str
    faults: tuple[FaultStatus, ...]  # those that are not taken back, of all strikes; at the end those that are not whole yet


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is not whole when all is over."""

    what: str
    lease: str = ""  # of the fault that it is about


class DrillRunner:
    """One rehearsal's strikes. Times of the scenario are seconds since T0."""

    def __init__(self, run: Run, plan: Plan, watchdog: WatchdogClient, window: WindowProvider) -> None:
        """`window` gives the latest live figures and is called from the runner's threads.

        Raises:
            BadInput: a drill or one of its settings is unknown, or two strikes may hit one part at one time.
        """
        prepared = prepare_strikes(plan.scenario)
        self._watchdog = watchdog
        self._handles = Handles.of(plan.target, plan.statics, plan.pins)
        self._events = run.event_writer("drills", plan.t0_monotonic_ns)
        self._copier: SystemCopier | None = system_copier(run, plan, self._handles)
        self._stop = threading.Event()
        self._status = DrillStatus("", DrillState.PLANNED, "", ())
        self._writing, self._showing = threading.Lock(), threading.Lock()
        stage = Stage(plan, watchdog, window, self._stop, self._tell, self._show, self._show_undone)
        runners: list[StrikeRunner] = []
        for number, one in enumerate(prepared):
            before = [runner for runner, other in zip(runners, prepared, strict=False) if one.shares_with(other)]
            hands_over = any(one.shares_with(later) for later in prepared[number + 1 :])
            runners.append(StrikeRunner(one, stage, before, hands_over=hands_over))
        self._runners = runners
        self._strikes = [one.strike for one in prepared]
        self._threads = [
            threading.Thread(target=runner.run, name=f"strike {strike.id}", daemon=True)
            for runner, strike in zip(runners, self._strikes, strict=True)
        ]

    def start(self) -> None:
        """Begins to follow the timeline."""
        for strike in self._strikes:
            self._tell(_planned(strike))
        if self._copier:
            self._copier.start()
        for thread in self._threads:
            thread.start()

    def status(self) -> DrillStatus:
        """What it is doing, and the faults that are active."""
        return self._status

    def over(self) -> bool:
        """Whether no strike needs the load any more: each has recovered, by live figures, or did not begin."""
        return all(runner.over for runner in self._runners)

    def told(self) -> ToldNow:
        """What the target tells of itself, if it does."""
        copier = self._copier
        return copier.told if copier else ToldNow()

    def take_back(self) -> None:
        """Starts no further strike, and has everything that is broken taken back at once, evidence or not: customers are hurt."""
        self._stop.set()
        self._watchdog.take_back()

    def abort(self) -> None:
        """Starts no further strike and waits for nothing more. What is broken stays so until `finish`, so that evidence can be captured."""
        self._stop.set()

    def finish(self, *, world_gone: bool = False) -> list[Wrong]:
        """Ends the strikes: undoes what is still broken in reverse order and waits until it and the target are healed.

        Call it once, when the load has ended and the read-back is captured. Returns what is wrong; empty where all is
        whole. A target whose `world_gone` is not waited for: it cannot become whole again.
        """
        self._stop.set()
        until = time.monotonic() + EFFECT_S
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        try:
            return self._heal(world_gone=world_gone)
        finally:
            if self._watchdog.alive():  # else others heal now, and what the system tells of that is heard too
                self.close()

    def close(self) -> None:
        """Ends the files of events, once all is healed; called again it does nothing."""
        with self._writing:
            copier, self._copier = self._copier, None
            if copier:
                copier.close()
            self._events.close()

    # The end, in the door's thread.

    def _heal(self, *, world_gone: bool) -> list[Wrong]:
        self._settle(DrillState.UNDOING, "")
        try:
            wrong = self._undo_all()
            faults = self._await_settled()
        except WatchdogLost as error:
            self._settle(DrillState.FAILED, str(error))
            return [Wrong(str(error))]
        wrong += [Wrong(f"{fault.fault}: {fault.evidence}", fault.lease) for fault in faults if fault.state is not FaultState.HEALED]
        if world_gone:
            wrong.append(Wrong("the target's world is gone"))
        elif any(fault.still_broken for fault in faults):
            pass  # nobody owes to be whole while it is broken on purpose
        elif faults and self._handles.health and not (whole := self._await_whole()).holds:
            wrong.append(Wrong(f"the target is not whole: {whole.evidence}"))
            if whole.answered:
                self._tell(RunNotWhole(within_s=_HEAL_S, evidence=whole.evidence))
        self._settle(DrillState.FAILED if wrong else DrillState.HEALED, "; ".join(one.what for one in wrong))
        return wrong

    def _undo_all(self) -> list[Wrong]:
        """One undo that is refused keeps no other from being asked for. Raises WatchdogLost."""
        wrong: list[Wrong] = []
        for fault in reversed(self._watchdog.faults()):
            if fault.state not in (FaultState.UNDONE, FaultState.HEALED):
                try:
                    self._watchdog.undo(fault.lease)
                except WatchdogLost:
                    raise
                except ChaosError as error:
                    wrong.append(Wrong(f"{fault.fault}: {error}", fault.lease))
        return wrong

    def _await_settled(self) -> list[FaultStatus]:
        until = time.monotonic() + _HEAL_S
        while True:
            faults = self._watchdog.faults()
            waiting = tuple(fault for fault in faults if fault.state not in (FaultState.HEALED, FaultState.FAILED))
            if not waiting or time.monotonic() > until:
                return faults
            self._settle(DrillState.UNDOING, "", waiting)
            time.sleep(POLL_S)

    def _await_whole(self) -> ProbeResult:
        until = time.monotonic() + _HEAL_S
        while not (whole := self._handles.probe_health()).holds and time.monotonic() < until:
            time.sleep(POLL_S)
        return whole

    def _settle(self, state: DrillState, detail: str, faults: tuple[FaultStatus, ...] = ()) -> None:
        self._status = DrillStatus(self._status.strike, state, detail, faults)

    # What the strikes' threads call.

    def _tell(self, facts: OfDrill | PluginFailed | RunNotWhole) -> None:
        with self._writing:
            self._events.write(facts, time.monotonic_ns())

    def _show(self, strike: str, state: DrillState, detail: str) -> None:
        with self._showing:  # what is taken back meanwhile must not come back with an older look
            try:
                active = tuple(one for one in self._watchdog.faults() if one.state in (FaultState.INJECTED, FaultState.EFFECTIVE))
            except ChaosError:
                active = ()
            self._status = DrillStatus(strike, state, detail, active)

    def _show_undone(self, lease: str) -> None:
        with self._showing:
            self._status = replace(self._status, faults=tuple(one for one in self._status.faults if one.lease != lease))


def _planned(strike: Strike) -> DrillPlanned:
    """What will strike, and what its file states of it."""
    facts, planned = drill_facts(strike.drill), strike.planned
    return DrillPlanned(
        drill=strike.drill,
        strike=strike.id,
        at_s=strike.at_s,
        deadline_s=planned.deadline,
        window_s=planned.window,
        domain=facts.domain if facts else "",
        hypothesis=facts.hypothesis if facts else "",
        hits=facts.blast_radius if facts else "",
    )
