"""One strike of a drill: a steady state, its faults step by step, their effect, the recovery, and the undos that are due on the way."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from chaos.errors import ChaosError, WatchdogLost
from chaos.held_recovery import HeldRecovery
from chaos.planned_load import surge_times
from chaos.planned_strikes import PreparedStrike
from chaos.steady_state import Steady, is_calm, judge_steady, recovered_s
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import FaultState, FaultStatus
from scenarios.plugins import DRILL
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.run.drill_states import DrillState
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.fault_event_kinds import DrillOverdue, DrillRecovered, DrillRefused, DrillSteady, OfDrill
from scenarios.run.folder import Plan
from scenarios.run.live_window import LiveWindow

WindowProvider = Callable[[], LiveWindow]

POLL_S = 0.1
EFFECT_S = 30.0  # a bound only: the watchdog itself decides by the fault's own deadline
_PATIENCE_S = 5.0  # for a hiccup to pass; a drill that strikes much later than planned is another drill
_LATE_S = 1.0  # behind the customers of a surge, who come by the plan
_SETTLES_S = 6.0  # all must be calm since anything was touched: a breaker closes again within four
_HEALED_S = 30.0  # for what an earlier strike broke to be whole again


@dataclass(frozen=True, slots=True)
class Stage:
    """What the strikes of a run share."""

    plan: Plan
    watchdog: WatchdogClient
    window: WindowProvider
    stop: threading.Event  # set: start nothing more, wait for nothing more
    tell: Callable[[OfDrill | PluginFailed], None]
    show: Callable[[str, DrillState, str], None]  # strike, state, detail
    show_undone: Callable[[str], None]  # a lease that is taken back

    def at(self, since_t0_s: float) -> float:
        """A time of the scenario on the monotonic clock."""
        return self.plan.t0_monotonic_ns / 1e9 + since_t0_s


class StrikeRunner:
    """Follows one strike; `run` is a thread's work."""

    def __init__(self, prepared: PreparedStrike, stage: Stage, before: list["StrikeRunner"], *, hands_over: bool) -> None:
        """`before` have struck parts that this one may hit, and are taken back first.

        `hands_over`: another one will hit its parts, so it takes back what it broke once its recovery is judged.
        """
        self._strike, self._steps = prepared.strike, prepared.steps
        self._stage, self._before, self._hands_over = stage, before, hands_over
        self._who = {"drill": self._strike.drill, "strike": self._strike.id}
        self._surges_s = {id(step): at_s for at_s, step, _ in surge_times(self._strike, self._steps)}
        self._leases: list[str] = []  # of all its faults, in the order of their injection
        self._due_s: dict[str, float] = {}  # those that are taken back after their time, on the monotonic clock
        self._scenery: set[str] = set()  # leases of what only sets the scene
        self._touched_s = 0.0  # when anything of it was struck, taken back or not whole yet, on the monotonic clock
        self._blown_over_s = 0.0  # when the last of what is no scenery was taken back, on the monotonic clock
        self._taking_back = threading.Lock()
        self.free_s: float | None = None
        """From when on, by the monotonic clock, its parts may be struck again: its deadline is over. None: that is not known yet."""
        self.over = False
        """Whether it needs the load no more; one that has not recovered needs it to its end."""

    @property
    def id(self) -> str:
        """The strike's."""
        return self._strike.id

    def run(self) -> None:
        """From its time to its recovery. Whatever goes wrong is told, and never ends the thread with a traceback."""
        try:
            self._follow()
        except WatchdogLost as error:
            self._show(DrillState.FAILED, str(error))
        except ChaosError as error:
            self._refuse(str(error))
        except RAISED as error:  # a fault of the user's own may raise anything, and the run must hear of it
            failure = failure_of(DRILL, self._strike.drill, error)
            self._stage.tell(failure)
            self._refuse(str(failure))
        finally:
            if self.free_s is None:  # it has broken nothing that has to recover
                self.free_s = 0.0
                self.over = True

    def take_back(self) -> list[str]:
        """Undoes what it has broken and not undone, the latest first; gives all its leases. Raises ChaosError."""
        with self._taking_back:
            self._due_s.clear()
            for lease in reversed(self._leases):
                self._undo(lease)
            return list(self._leases)

    def _follow(self) -> None:
        strike = self._strike
        self._show(DrillState.PLANNED, f"strikes at {strike.at_s:g} s")
        if not self._wait_until(self._stage.at(strike.at_s)):
            return
        spare_s = self._stage.plan.scenario.lasts_s - strike.deadline_s - strike.planned.window
        last = self._stage.at(strike.at_s) + spare_s
        if not self._succeed(min(time.monotonic() + _HEALED_S, last)):
            return
        patience_s = 0.0 if self._surges_s else _PATIENCE_S  # customers who are planned do not wait
        steady = self._await_steady(min(time.monotonic() + patience_s, last))
        if steady is None:
            return
        if not steady.holds:
            self._refuse(f"no steady state: {steady.evidence}")
            return
        self._stage.tell(DrillSteady(**self._who, evidence=steady.evidence))
        clock_ns = self._inject_all()
        if clock_ns is not None:
            self.free_s = clock_ns / 1e9 + strike.planned.deadline
            self._touched_s = max(self._touched_s, clock_ns / 1e9)
            self._await_recovery(steady, clock_ns)

    def _succeed(self, until: float) -> bool:
        """Whether what earlier strikes broke of its parts is whole again; False where it is not in time, or it was told to stop."""
        for earlier in self._before:
            self._show(DrillState.PLANNED, f"until {earlier.id} is healed")
            while (free_s := earlier.free_s) is None or time.monotonic() < free_s:
                if time.monotonic() >= until:
                    self._refuse(f"{earlier.id} came late, and its deadline is not over yet")
                    return False
                if not self._wait_until(time.monotonic() + POLL_S):
                    return False
            leases = earlier.take_back()
            while unhealed := [one for one in self._faults(leases) if one.state is not FaultState.HEALED]:
                if time.monotonic() >= until or unhealed[0].state is FaultState.FAILED:
                    self._refuse(f"{earlier.id} is not healed yet: {unhealed[0].fault}: {unhealed[0].evidence}")
                    return False
                if not self._wait_until(time.monotonic() + POLL_S):
                    return False
        return True

    def _await_steady(self, until: float) -> Steady | None:
        """Steady state, awaited for a moment; None where it was told to stop."""
        self._show(DrillState.PLANNED, "until the state is steady")
        while True:
            steady = judge_steady(self._stage.window(), self._strike.planned.p99_limit_ms)
            if steady.holds or time.monotonic() >= until:
                return steady
            if not self._wait_until(time.monotonic() + POLL_S):
                return None

    def _inject_all(self) -> int | None:
        """All steps in their order; the time of the first real injection, None where one had no effect."""
        clock_ns: int | None = None
        for step in self._steps:
            planned_s = self._surges_s.get(id(step))
            due_s = time.monotonic() + step.after_s if planned_s is None else self._stage.at(planned_s)
            if not self._wait_taking_back(due_s):
                return None
            if planned_s is not None and time.monotonic() - due_s > _LATE_S:
                self._refuse(
                    f"what was to come before its load, planned at {planned_s:g} s, came {time.monotonic() - due_s:.1f} s too late"
                )
                return None
            self._show(DrillState.INJECTING, step.fault.kind())
            status = self._stage.watchdog.inject(step.fault, **self._who, starts_clock=not step.sets_up)
            status = self._await_effect(status)
            self._leases.append(status.lease)
            if step.sets_up:
                self._scenery.add(status.lease)
            if step.lasts_s is not None:
                self._due_s[status.lease] = time.monotonic() + step.lasts_s
            if status.state is not FaultState.EFFECTIVE:
                self._show(DrillState.WITHOUT_EFFECT, f"{step.fault.kind()}: {status.evidence}")
                return None
            if not step.sets_up and clock_ns is None:
                clock_ns = status.injected_ns
        return clock_ns

    def _await_effect(self, status: FaultStatus) -> FaultStatus:
        until = time.monotonic() + EFFECT_S
        while status.state is FaultState.INJECTED and time.monotonic() < until:
            self._undo_due()  # it may be an earlier step that keeps it from its effect
            time.sleep(POLL_S / 5)
            (status,) = self._faults([status.lease])
        return status

    def _await_recovery(self, steady: Steady, clock_ns: int) -> None:
        planned = self._strike.planned
        clock_s = (clock_ns - self._stage.plan.t0_monotonic_ns) / 1e9
        judged = clock_ns / 1e9 + planned.deadline + planned.window
        recovery = HeldRecovery(self._stage.plan, planned, clock_s)
        self._show(DrillState.BROKEN, "until it recovers")
        rto_s: float | None = None
        while rto_s is None and time.monotonic() < judged + 1.0:
            if not self._wait_until(time.monotonic() + POLL_S):
                return
            self._undo_due()
            window = self._stage.window()
            recovery.look(window)
            rto_s = recovered_s(window, clock_s, steady, planned.window)
        if rto_s is not None and rto_s <= planned.deadline:
            self._stage.tell(DrillRecovered(**self._who, rto_s=round(rto_s, 3)))
            self._show(DrillState.RECOVERED, f"after about {rto_s:.0f} s")
        else:
            self._stage.tell(DrillOverdue(**self._who))
            self._show(DrillState.OVERDUE, f"not recovered within {planned.deadline:g} s")
        while (self._undo_due() or (self._hands_over and time.monotonic() < judged)) and self._wait_until(time.monotonic() + POLL_S):
            pass
        if self._hands_over and not self._stage.stop.is_set():
            self.take_back()
        if rto_s is not None and self._stage.plan.scenario.ends_once_recovered:
            self.over = self._await_calm(steady, recovery)

    def _await_calm(self, steady: Steady, recovery: HeldRecovery) -> bool:
        """Whether its recovery has held as the judge will ask, and all is calm since it was touched; False: told to stop."""
        planned = self._strike.planned
        while self._wait_until(time.monotonic() + POLL_S):
            window = self._stage.window()
            if any(fault.state is FaultState.UNDONE for fault in self._faults(self._leases)):
                self._touched_s = time.monotonic()  # taken back, and not whole yet
                continue
            held = recovery.look(window)
            settled = is_calm(window, self._since_t0(self._touched_s), steady, _SETTLES_S, planned.p99_limit_ms)
            if held and settled and window.now_s >= self._since_t0(self._blown_over_s) + (planned.long_window or 0.0) + 1:
                return True
        return False

    def _since_t0(self, monotonic_s: float) -> float:
        return monotonic_s - self._stage.at(0.0)

    def _undo_due(self) -> bool:
        """Takes back what has lasted long enough; whether some is still to come."""
        with self._taking_back:
            for lease in [lease for lease, due_s in reversed(self._due_s.items()) if time.monotonic() >= due_s]:
                self._undo(lease)
                self._touched_s = time.monotonic()
                if lease not in self._scenery:
                    self._blown_over_s = self._touched_s
                del self._due_s[lease]
            return bool(self._due_s)

    def _undo(self, lease: str) -> None:
        self._stage.watchdog.undo(lease)
        self._stage.show_undone(lease)

    def _faults(self, leases: list[str]) -> list[FaultStatus]:
        return [one for one in self._stage.watchdog.faults() if one.lease in leases]

    def _refuse(self, reason: str) -> None:
        self._stage.tell(DrillRefused(**self._who, reason=reason))
        self._show(DrillState.REFUSED, reason)

    def _show(self, state: DrillState, detail: str) -> None:
        self._stage.show(self._strike.id, state, detail)

    def _wait_taking_back(self, monotonic_s: float) -> bool:
        """Waits for a step's time, and takes back meanwhile what has lasted long enough; False where it was told to stop."""
        while self._wait_until(min([monotonic_s, *self._due_s.values()])):
            self._undo_due()
            if time.monotonic() >= monotonic_s:
                return True
        return False

    def _wait_until(self, monotonic_s: float) -> bool:
        """Waits; False where it was told to stop."""
        return not self._stage.stop.wait(max(0.0, monotonic_s - time.monotonic()))
