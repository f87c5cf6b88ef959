"""The one loop that runs a rehearsal: world, preparation, T0, load and drills, read-back, healing, verdict."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import chaos
import reports
from scenarios.client.readback_capture import capture
from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import (
    Facts,
    GateBreached,
    LoadLost,
    RunDrained,
    RunEnded,
    RunInterrupted,
    RunLeftover,
    RunPhase,
    RunStarted,
    WatchdogLost,
)
from scenarios.run.events import EventWriter
from scenarios.run.folder import Plan, Run, create_run
from scenarios.run.live_window import LiveWindow, Tail
from scenarios.target.model import Target
from scenarios.target.secrets import redacted, secret_scope
from stormdrill.metrics import Metrics
from stormdrill.rehearsal.abort_gates import AbortWatch
from stormdrill.rehearsal.interlock import Admission
from stormdrill.rehearsal.load_processes import Load, RemoteWorkers, free_port
from stormdrill.rehearsal.plugin_check import check_plugins
from stormdrill.rehearsal.progress import Screen, View
from stormdrill.rehearsal.provisioning import provision
from stormdrill.rehearsal.validation import validate

_POLL_S = 0.25
_OVERTIME_S = 30.0
_OVER_S = 2
"""For so many seconds the operator's limit may be passed on average, no longer."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for."""

    scenario: Scenario
    target: Target
    seed: int
    workers: int
    out: Path
    web: bool = False
    metrics: Metrics = field(default_factory=Metrics)
    remote: RemoteWorkers | None = None  # the load comes from other machines


@dataclass
class Rehearsal:
    """A rehearsal under way: what its loop needs at hand."""

    run: Run
    plan: Plan
    screen: Screen
    events: EventWriter
    load: Load
    tail: Tail
    window: LiveWindow
    abort_watch: AbortWatch
    metrics: Metrics
    watchdog: "chaos.WatchdogClient | None" = None
    drills: "chaos.DrillRunner | None" = None
    max_rps: float | None = None
    interrupted: threading.Event = field(default_factory=threading.Event)

    @property
    def now_s(self) -> float:
        """Seconds since T0."""
        return (time.monotonic_ns() - self.plan.t0_monotonic_ns) / 1e9

    def record(self, facts: Facts) -> None:
        """Writes an event of now."""
        self.events.write(facts, time.monotonic_ns())

    def name_broken_outlets(self) -> None:
        """What outlets of metrics have raised is part of the evidence."""
        for failure in self.metrics.take_failures():
            self.record(failure)
            self.screen.step(str(failure))

    def refresh(self) -> float:
        """Takes in what is new; gives the time."""
        now_s = self.now_s
        self.window = self.tail.update(now_s)
        self.metrics.refresh(now_s)
        self.name_broken_outlets()
        return now_s


def rehearse(options: Options, screen: Screen) -> "reports.Verdict":
    """Runs the whole rehearsal and judges it.

    Raises:
        BadInput: something that was asked for cannot be.
        StormdrillError: a part could not be started.
    """
    check_plugins()
    validate(options.scenario, options.target)
    chaos.check_drills(options.scenario)
    chaos.check_handles(options.target)
    refuse_leftovers()
    if options.remote:
        options.remote.check()
    run, plan = create_run(options.scenario, options.target, seed=options.seed, workers=options.workers, out=options.out)
    with ExitStack() as stack:
        load = Load(run)
        stack.callback(load.stop)
        await_workers = partial(load.await_workers, options.workers, options.remote, screen.step) if options.remote else None
        plan, admission = provision(run, plan, stack, screen.step, ahead=True, await_workers=await_workers)
        _make_load(options, load, plan, screen, admission)
    screen.step("judging")
    return reports.conclude_run(run.folder)


def refuse_leftovers() -> None:
    """Raises BadInput where an earlier run left a fault behind, or another rehearsal is running."""
    left = chaos.leftovers()
    if left:
        advice = "wait for its end" if left[0].watched else "run: stormdrill heal"
        raise BadInput(f"something is still broken from an earlier run ({left[0]}); {advice}")


def _make_load(options: Options, load: Load, plan: Plan, screen: Screen, admission: Admission) -> None:
    """Load and drills from T0 to the last read-back; whatever happens, the load is ended and every fault undone."""
    run, metrics = load.run, options.metrics
    metrics.follow(run, plan)
    effectful = [name for name, operation in plan.target.operations.items() if operation.effect]
    tail, abort_watch = Tail(run.samples_folder, hand_on=metrics.take), AbortWatch(plan.scenario, plan.operations, effectful)
    events = run.event_writer("door", plan.t0_monotonic_ns)
    rehearsal = Rehearsal(run, plan, screen, events, load, tail, tail.update(0), abort_watch, metrics)
    rehearsal.max_rps = admission.max_rps
    with ExitStack() as stack:
        stack.enter_context(_signals(rehearsal))
        stack.callback(rehearsal.events.close)
        if plan.scenario.drills:
            rehearsal.watchdog = stack.enter_context(chaos.start_watchdog(run, plan))
            rehearsal.drills = chaos.DrillRunner(run, plan, rehearsal.watchdog, lambda: rehearsal.window)
        stack.callback(rehearsal.load.stop)
        if not options.remote:
            rehearsal.load.start(options.workers, web_port=free_port() if options.web else None)
        rehearsal.record(RunStarted(seed=plan.seed, workers=plan.workers, t0=plan.t0_wall))
        if rehearsal.drills is not None:
            rehearsal.drills.start()
        reason = _watch(rehearsal)
        if rehearsal.drills is not None:
            rehearsal.drills.abort()
        rehearsal.load.stop()
        for writer, exit_code in rehearsal.load.failures:
            last_words = redacted(rehearsal.load.last_words(), plan.target)
            rehearsal.record(LoadLost(process=writer, exit_code=exit_code, last_words=last_words))
        rehearsal.refresh()  # the last samples
        _conclude(rehearsal, reason)
        rehearsal.refresh()  # the last events
        metrics.close()
        rehearsal.name_broken_outlets()


def _watch(rehearsal: Rehearsal) -> str:
    """Looks on until the load is over or must be stopped; gives the reason."""
    phases = [(rehearsal.plan.scenario.span(phase.name)[0], phase.name) for phase in rehearsal.plan.scenario.phases]
    with rehearsal.screen:
        while True:
            now_s = rehearsal.refresh()
            while phases and now_s >= phases[0][0]:
                rehearsal.record(RunPhase(phase=phases.pop(0)[1]))
            rehearsal.screen.show(_view(rehearsal, now_s))
            reason = _reason_to_stop(rehearsal, now_s)
            if reason:
                return reason
            rehearsal.interrupted.wait(_POLL_S)


def _view(rehearsal: Rehearsal, now_s: float) -> View:
    roster = rehearsal.load.roster()
    workers = roster.text if roster else ""
    if rehearsal.drills is None:
        return View(now_s, rehearsal.window, workers=workers)
    status = rehearsal.drills.status()
    note = f"{status.strike}: {status.state} {status.detail}".rstrip() if status.strike else ""
    return View(now_s, rehearsal.window, [fault.fault for fault in status.faults], note, workers)


def _reason_to_stop(rehearsal: Rehearsal, now_s: float) -> str:
    scenario = rehearsal.plan.scenario
    wish = _stop_wish(rehearsal)
    if wish:
        rehearsal.record(RunInterrupted(reason=wish))
        rehearsal.screen.step(f"stopping: {wish}; what there is will be judged as partial")
        return "interrupted"
    if rehearsal.watchdog is not None and not rehearsal.watchdog.alive():
        rehearsal.record(WatchdogLost(reason="its process is gone"))
        rehearsal.screen.step("the watchdog died: stopping and healing")
        return "watchdog lost"
    if rehearsal.load.ended:
        return "complete"
    breach = rehearsal.abort_watch.breach(rehearsal.window)
    if breach is not None:
        rehearsal.record(GateBreached(gate=breach.gate.text, measured=breach.measured, from_s=breach.from_s, to_s=breach.to_s))
        rehearsal.screen.step(f"stopping: {breach.gate.text} was broken for its time")
        return "gate breached"
    if now_s > scenario.lasts_s + scenario.drain + _OVERTIME_S:
        rehearsal.record(RunInterrupted(reason="the load did not end in its time"))
        return "overtime"
    return ""


def _stop_wish(rehearsal: Rehearsal) -> str:
    """Why the user or the operator would have it stopped, empty where neither would."""
    if rehearsal.interrupted.is_set():
        return "stopped by the user"
    if rehearsal.max_rps is not None and rehearsal.window.rate(_OVER_S) > rehearsal.max_rps:
        return f"more than the {rehearsal.max_rps:g} requests/s that the operator allows"
    return ""


def _conclude(rehearsal: Rehearsal, reason: str) -> None:
    """Reads back before anything is undone that would erase the evidence, then heals."""
    plan = rehearsal.plan
    rehearsal.record(RunDrained())
    rehearsal.screen.step("reading back")
    capture(plan.target, {**plan.statics, **secret_scope(plan.target)}, rehearsal.run.readback_folder, rehearsal.events, plan.pins)
    troubles: list[str] = []
    if rehearsal.drills is not None:
        rehearsal.screen.step("healing")
        troubles = rehearsal.drills.finish()
    if rehearsal.watchdog is not None and not rehearsal.watchdog.alive():
        troubles = [str(healing) for healing in chaos.heal() if not healing.healed]
    for trouble in troubles:
        rehearsal.record(RunLeftover(what=trouble))
        rehearsal.screen.step(f"not healed: {trouble}")
    rehearsal.record(RunEnded(reason=reason))


@contextmanager
def _signals(rehearsal: Rehearsal) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the loop to stop in order."""
    before = {number: signal.signal(number, lambda *_: rehearsal.interrupted.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
