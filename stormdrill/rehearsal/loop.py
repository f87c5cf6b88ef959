"""The one loop that runs a rehearsal: world, preparation, T0, load and drills, read-back, healing, verdict."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import chaos
import reports
from scenarios.client.readback_capture import PATIENCE_S, capture
from scenarios.errors import BadInput, StormdrillError, Untrusted
from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import (
    Facts,
    GateBreached,
    LoadLost,
    ReadbackCaptured,
    ReadbackMissing,
    RunDrained,
    RunEnded,
    RunInterrupted,
    RunLeftover,
    RunPhase,
    RunStarted,
    WatchdogLost,
)
from scenarios.run.events import EventWriter
from scenarios.run.folder import Plan, Run, create_run, discard_run
from scenarios.run.live_window import LiveWindow, Tail
from scenarios.run.readback_tables import Table
from scenarios.run.run_seal import seal_run
from scenarios.run.seals import is_keyed
from scenarios.target.model import Target
from scenarios.target.secrets import redacted, secret_scope, worldly_secrets
from stormdrill.metrics import Metrics
from stormdrill.rehearsal.abort_gates import AbortWatch
from stormdrill.rehearsal.interlock import Admission
from stormdrill.rehearsal.interrupts import Interrupted, Interrupts, Stopped
from stormdrill.rehearsal.load_processes import Load, RemoteWorkers, free_port
from stormdrill.rehearsal.plugin_check import check_plugins
from stormdrill.rehearsal.progress import Screen, View
from stormdrill.rehearsal.provisioning import provision
from stormdrill.rehearsal.validation import validate
from stormdrill.rehearsal.world import tell_stderr, what_is_left

_POLL_S = 0.25
_OVERTIME_S = 30.0
_WORLD_GONE_S = 2.0
_SECOND = 2
_GONE = "world gone"
_UNWATCHED = "watchdog lost"
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
    interrupts: Interrupts = field(default_factory=Interrupts)
    world_gone_since_s: float | None = None

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
        Stopped: the user stopped it before there was anything to judge, or while it was judged.
    """
    with Interrupts() as interrupts:
        try:
            with interrupts.breaking():
                _check(options)
            run = _rehearsed(options, screen, interrupts)
        except Interrupted:
            raise Stopped(f"stopped before the rehearsal began; {what_is_left()}") from None
        try:
            with interrupts.breaking(at=interrupts.count + 1):
                screen.step("judging")
                return reports.conclude_run(run.folder)
        except Interrupted:
            raise Stopped(f"stopped while judging; {what_is_left()}, and the run is whole: stormdrill judge {run.folder}") from None


def _check(options: Options) -> None:
    """All that can be known before anything is started."""
    validate(options.scenario, options.target)
    check_plugins()
    chaos.check_drills(options.scenario, options.target)
    chaos.check_handles(options.target)
    refuse_leftovers(options.target)
    if options.remote:
        options.remote.check()


def _rehearsed(options: Options, screen: Screen, interrupts: Interrupts) -> Run:
    """A run, from its folder to the end of its world. Raises as `rehearse`, and Interrupted before the load begins."""
    with ExitStack() as stack:
        last_words = LastWords()
        stack.callback(last_words.seal)  # first, so that it comes last: when the world is down
        run, plan = stack.enter_context(_folder(options, last_words))
        with interrupts.breaking():
            load = Load(run)
            stack.callback(load.stop)
            plan, admission = provision(
                run, plan, stack, screen.step, await_load=_start_load(options, load, screen), not_down=last_words.leave
            )
        last_words.rehearsal = rehearsal = _begin(options, load, plan, screen, admission, interrupts)
        _make_load(rehearsal)
    return run


@contextmanager
def _folder(options: Options, last_words: "LastWords") -> Iterator[tuple[Run, Plan]]:
    """A new run. One that is refused or stopped before it begins leaves no folder; one of which a part failed does: its logs say why."""
    run, plan = create_run(options.scenario, options.target, seed=options.seed, workers=options.workers, out=options.out)
    try:
        yield run, plan
    except (BadInput, Untrusted, Interrupted):
        if last_words.rehearsal is None:
            discard_run(run)
        raise


def _start_load(options: Options, load: Load, screen: Screen) -> Callable[[], None]:
    """Lets the load processes get ready while the world comes up, where they can; gives what waits for all of them."""
    if options.remote:
        return partial(load.await_workers, options.workers, options.remote, screen.step)
    start = partial(load.start, options.workers, web_port=free_port() if options.web else None)
    if not worldly_secrets(options.target):
        start()
        return load.await_ready

    def start_late() -> None:
        start()
        load.await_ready()

    return start_late


def refuse_leftovers(target: Target) -> None:
    """Raises BadInput where an earlier run left a fault behind, or another rehearsal has broken what this one would touch.

    Worlds are strangers to each other: what another rehearsal has broken of its own is nothing to this one.
    """
    for left in chaos.leftovers():
        if not left.watched:
            raise BadInput(f"something is still broken from an earlier run ({left}); run: stormdrill heal")
        if not left.of_world and target.world is None:
            raise BadInput(f"something is broken just now by another rehearsal ({left}); wait for its end")


@dataclass
class LastWords:
    """What the door says when all else is over, its world down: what stays, and the seal. Without them the run counts as cut off."""

    rehearsal: Rehearsal | None = None

    def leave(self, what: str) -> None:
        """Something stays."""
        tell_stderr(what)
        if self.rehearsal:
            self.rehearsal.record(RunLeftover(what=what))

    def seal(self) -> None:
        """Nobody writes any more."""
        if self.rehearsal:
            with suppress(StormdrillError, OSError):
                self.rehearsal.record(seal_run(self.rehearsal.run, "door"))
            self.rehearsal.events.close()


def _begin(options: Options, load: Load, plan: Plan, screen: Screen, admission: Admission, interrupts: Interrupts) -> Rehearsal:
    """A rehearsal whose stage is set."""
    run, metrics = load.run, options.metrics
    metrics.follow(run, plan)
    effectful = [name for name, operation in plan.target.operations.items() if operation.effect]
    tail, abort_watch = Tail(run.samples_folder, hand_on=metrics.take), AbortWatch(plan.scenario, plan.operations, effectful)
    events = run.event_writer("door", plan.t0_monotonic_ns)
    rehearsal = Rehearsal(run, plan, screen, events, load, tail, tail.update(0), abort_watch, metrics)
    rehearsal.max_rps, rehearsal.interrupts = admission.max_rps, interrupts
    return rehearsal


def _make_load(rehearsal: Rehearsal) -> None:
    """Load and drills from T0 to the last read-back; whatever happens, the load is ended and every fault undone."""
    run, plan, metrics = rehearsal.run, rehearsal.plan, rehearsal.metrics
    with ExitStack() as stack:
        if plan.scenario.drills:
            rehearsal.watchdog = stack.enter_context(chaos.start_watchdog(run, plan))
            rehearsal.drills = chaos.DrillRunner(run, plan, rehearsal.watchdog, lambda: rehearsal.window)
            stack.callback(rehearsal.drills.close)
        stack.callback(rehearsal.load.stop)
        rehearsal.record(RunStarted(seed=plan.seed, workers=plan.workers, t0=plan.t0_wall, plan_seal=run.plan_seal, keyed=is_keyed()))
        if rehearsal.drills is not None:
            rehearsal.drills.start()
        reason = _watch(rehearsal)
        if rehearsal.drills is not None:
            rehearsal.drills.abort()
        _end_load(rehearsal)
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
            rehearsal.interrupts.wait(_POLL_S)


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
    lost = _what_is_lost(rehearsal, now_s)
    if lost:
        return lost
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


def _what_is_lost(rehearsal: Rehearsal, now_s: float) -> str:
    """The reason to stop, where a process without which there is no rehearsal is gone."""
    if rehearsal.watchdog is not None and not rehearsal.watchdog.alive():
        rehearsal.record(WatchdogLost(reason="its process is gone"))
        rehearsal.screen.step("the watchdog died: stopping and healing")
        return _UNWATCHED
    if _world_gone(rehearsal, now_s):
        rehearsal.record(RunInterrupted(reason="its world is gone"))
        rehearsal.screen.step("stopping: its world is gone; what there is will be judged as partial")
        return _GONE
    return ""


def _stop_wish(rehearsal: Rehearsal) -> str:
    """Why the user or the operator would have it stopped, empty where neither would."""
    if rehearsal.interrupts.asked:
        return "stopped by the user"
    if rehearsal.max_rps is not None and rehearsal.window.rate(_OVER_S) > rehearsal.max_rps:
        return f"more than the {rehearsal.max_rps:g} requests/s that the operator allows"
    return ""


def _world_gone(rehearsal: Rehearsal, now_s: float) -> bool:
    """Whether the target's own world has had no living supervisor for a while; one that is started again has not gone."""
    if rehearsal.plan.target.world is None or not chaos.world_gone(Path(str(rehearsal.plan.statics["topology"]))):
        rehearsal.world_gone_since_s = None
        return False
    if rehearsal.world_gone_since_s is None:
        rehearsal.world_gone_since_s = now_s
    return now_s - rehearsal.world_gone_since_s >= _WORLD_GONE_S


def _end_load(rehearsal: Rehearsal) -> None:
    """In order; a second signal ends it at once."""
    try:
        with rehearsal.interrupts.breaking(at=_SECOND):
            rehearsal.load.stop()
    except Interrupted:
        rehearsal.load.kill()


def _conclude(rehearsal: Rehearsal, reason: str) -> None:
    """Reads back before anything is undone that would erase the evidence, then heals, whatever the signals say."""
    rehearsal.record(RunDrained())
    tables = _read_back(rehearsal, patience_s=0 if reason == _GONE else PATIENCE_S)  # who is gone is not asked again
    troubles: list[str] = []
    if rehearsal.drills is not None:
        rehearsal.screen.step("healing")
        troubles = rehearsal.drills.finish(world_gone=reason == _GONE)
    if rehearsal.watchdog is not None and not rehearsal.watchdog.alive():
        if reason != _UNWATCHED:
            rehearsal.record(WatchdogLost(reason="it died while healing"))
        troubles = _heal_without_watchdog()
    for trouble in troubles:
        rehearsal.record(RunLeftover(what=trouble))
        rehearsal.screen.step(f"not healed: {trouble}")
    if reason == "complete" and any(table.unavailable for table in tables.values()):
        _read_back(rehearsal, earlier=tables)
    rehearsal.record(RunEnded(reason=reason))


def _heal_without_watchdog() -> list[str]:
    """What of the dead watchdog's faults cannot be taken back."""
    try:
        return [str(healing) for healing in chaos.heal() if not healing.healed and not healing.leftover.watched]
    except StormdrillError as error:
        return [str(error)]


def _read_back(rehearsal: Rehearsal, earlier: Mapping[str, Table] | None = None, *, patience_s: float = PATIENCE_S) -> dict[str, Table]:
    """Captures the tables, or what an earlier reading could not get of them; a second signal leaves them out."""
    plan = rehearsal.plan
    rehearsal.screen.step("reading back" if earlier is None else "reading back again what was refused")
    scope = {**plan.statics, **secret_scope(plan.target)}
    try:
        with rehearsal.interrupts.breaking(at=_SECOND):
            folder = rehearsal.run.readback_folder
            tables = capture(plan.target, scope, folder, plan.pins, earlier=earlier, patience_s=patience_s)
    except Interrupted:
        rehearsal.screen.step("the read-back is left out, for a second signal came; healing all the same")
        rehearsal.record(ReadbackMissing(table="all", reason="left out, for a second signal came"))
        return {}
    for name, table in tables.items():
        if earlier is not None and earlier[name].complete:
            continue
        rehearsal.record(
            ReadbackCaptured(table=name, rows=table.rows, sha256=table.sha256)
            if table.complete
            else ReadbackMissing(table=name, reason=table.reason, unavailable=table.unavailable, again=earlier is not None)
        )
    return tables
