"""The one loop that runs a rehearsal: world, preparation, T0, load and drills, read-back, healing, verdict."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import chaos
import reports
from reports.languages import Language
from scenarios.errors import BadInput, Untrusted
from scenarios.plan.policy import Policy
from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import GateBreached, LoadLost, LoadSufficed, RunInterrupted, RunPhase, RunStarted
from scenarios.run.fault_event_kinds import WatchdogLost
from scenarios.run.folder import Plan, Run, create_run, discard_run
from scenarios.run.live_window import Tail
from scenarios.run.seals import is_keyed
from scenarios.target.model import Target
from scenarios.target.secrets import redacted, worldly_secrets
from stormdrill.metrics import Metrics
from stormdrill.rehearsal.abort_gates import NOTHING_TOLD, AbortWatch
from stormdrill.rehearsal.conclusion import SECOND_SIGNAL, UNWATCHED, WORLD_GONE, conclude
from stormdrill.rehearsal.interlock import Admission
from stormdrill.rehearsal.interrupts import Interrupted, Interrupts, Stopped
from stormdrill.rehearsal.load_processes import Load, RemoteWorkers, free_port
from stormdrill.rehearsal.observation import Observation, observation
from stormdrill.rehearsal.plugin_check import check_plugins
from stormdrill.rehearsal.progress import Screen, View
from stormdrill.rehearsal.provisioning import provision
from stormdrill.rehearsal.under_way import LastWords, Rehearsal
from stormdrill.rehearsal.validation import unplayable, unread, validate
from stormdrill.rehearsal.witnesses import called_witnesses
from stormdrill.rehearsal.world import what_is_left
from stormdrill.rehearsal.world_ahead import WorldAhead

_POLL_S = 0.25
_OVERTIME_S = 30.0
_GATE_BREACHED = "gate breached"
_WORLD_GONE_S = 2.0
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
    language: Language = "en"  # of the report
    policy: Policy | None = None  # by which the series judges of which it is a drill
    ahead: WorldAhead | None = None  # the target's world, where it has been started already
    load_over: Callable[[], None] = lambda: None  # called where the load is over in order: it ends, and is read back, meanwhile


def rehearse(options: Options, screen: Screen) -> "reports.Verdict":
    """Runs the whole rehearsal and judges it.

    Raises:
        BadInput: something that was asked for cannot be.
        StormdrillError: a part could not be started.
        Stopped: the user stopped it before there was anything to judge, or while it was judged.
    """
    with Interrupts() as interrupts:
        with chaos.breaking_door("rehearsal") if options.scenario.drills else nullcontext():
            run = _run_whole(options, screen, interrupts)
        try:
            with interrupts.breaking(at=interrupts.count + 1):
                screen.step("judging")
                return reports.conclude_run(run.folder, options.language)
        except Interrupted:
            raise Stopped(f"stopped while judging; {what_is_left()}, and the run is whole: stormdrill judge {run.folder}") from None


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rehearsal of which all is done but for its world's end, its seal and its judgement."""

    folder: Path
    take_down: Callable[[], None]  # ends the world and seals the run; to be called once, from any thread


def rehearse_unjudged(options: Options, screen: Screen, interrupts: Interrupts) -> Unjudged:
    """The same, but that somebody else has the signals, has its world taken down and then its run judged. Raises as `rehearse`."""
    run, rest = _run_but_for_the_end(options, screen, interrupts)
    return Unjudged(run.folder, rest.close)


def _run_whole(options: Options, screen: Screen, interrupts: Interrupts) -> Run:
    """All but the judgement."""
    run, rest = _run_but_for_the_end(options, screen, interrupts)
    rest.close()
    return run


def _run_but_for_the_end(options: Options, screen: Screen, interrupts: Interrupts) -> tuple[Run, ExitStack]:
    """What is left to be closed takes the world down and seals the run."""
    try:
        with interrupts.breaking():
            options = replace(options, scenario=chaos.with_surges(options.scenario))
            _check(options)
            for sentence in (*unplayable(options.scenario, options.target), *unread(options.scenario, options.target)):
                screen.step(sentence)
        return _rehearsed(options, screen, interrupts)
    except Interrupted:
        raise Stopped(f"stopped before the rehearsal began; {what_is_left()}") from None


def _check(options: Options) -> None:
    """All that can be known before anything is started."""
    validate(options.scenario, options.target)
    check_plugins()
    chaos.check_drills(options.scenario, options.target)
    chaos.check_handles(options.target)
    refuse_leftovers(options.target)
    if options.remote:
        if options.target.prepare.told:
            told = f"{{enrolled.{min(options.target.prepare.told)}}}"
            raise BadInput(f"what enrolments tell, as {told}, stays on this machine; allowed with it: load from here, without --master")
        options.remote.check()


def _rehearsed(options: Options, screen: Screen, interrupts: Interrupts) -> tuple[Run, ExitStack]:
    """A run, from its folder to its last event but the seal. Raises as `rehearse`, and Interrupted before the load begins."""
    with ExitStack() as stack:
        last_words = LastWords()
        stack.callback(last_words.seal)  # first, so that it comes last: when the world is down
        run, plan = stack.enter_context(_folder(options, last_words))
        with interrupts.breaking():
            load = Load(run)
            stack.callback(load.stop)
            await_load = _start_load(options, load, screen)
            plan, admission = provision(
                run, plan, stack, screen.step, await_load=await_load, not_down=last_words.leave, ahead=options.ahead
            )
        last_words.rehearsal = rehearsal = _begin(options, load, plan, screen, admission, interrupts)
        _make_load(rehearsal, options.load_over)
        return run, stack.pop_all()


@contextmanager
def _folder(options: Options, last_words: LastWords) -> Iterator[tuple[Run, Plan]]:
    """A new run. One that is refused or stopped before it begins leaves no folder; one of which a part failed does: its logs say why."""
    run, plan = create_run(
        options.scenario, options.target, seed=options.seed, workers=options.workers, out=options.out, policy=options.policy
    )
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


def _make_load(rehearsal: Rehearsal, load_over: Callable[[], None]) -> None:
    """Load and drills from T0 to the last read-back; whatever happens, the load is ended and every fault undone."""
    run, plan, metrics = rehearsal.run, rehearsal.plan, rehearsal.metrics
    observed = plan.scenario.observed
    with ExitStack() as stack:
        watching = stack.enter_context(observation(rehearsal, observed)) if observed else None
        unwatched = _set_drills(rehearsal, stack) if plan.scenario.drills else ""
        stack.callback(rehearsal.load.stop)
        rehearsal.witnesses = stack.enter_context(called_witnesses(run, plan))
        rehearsal.record(RunStarted(seed=plan.seed, workers=plan.workers, t0=plan.t0_wall, plan_seal=run.plan_seal, keyed=is_keyed()))
        if rehearsal.drills is not None:
            rehearsal.drills.start()
        reason = _never_watched(rehearsal, unwatched) if unwatched else _watch(rehearsal, watching)
        if reason == "complete":
            load_over()
        if rehearsal.drills is not None:
            end_strikes = rehearsal.drills.take_back if reason == _GATE_BREACHED else rehearsal.drills.abort
            end_strikes()
        _end_load(rehearsal)
        for writer, exit_code in rehearsal.load.failures:
            last_words = redacted(rehearsal.load.last_words(), plan.target)
            rehearsal.record(LoadLost(process=writer, exit_code=exit_code, last_words=last_words))
        rehearsal.refresh()  # the last samples
        conclude(rehearsal, reason)
        rehearsal.refresh()  # the last events
        metrics.close()
        rehearsal.name_broken_outlets()


def _set_drills(rehearsal: Rehearsal, stack: ExitStack) -> str:
    """Has the watchdog up and the drills ready; where it does not start, why."""
    run, plan = rehearsal.run, rehearsal.plan
    try:
        rehearsal.watchdog = stack.enter_context(chaos.start_watchdog(run, plan))
    except chaos.ChaosError as error:
        return str(error)
    rehearsal.drills = chaos.DrillRunner(run, plan, rehearsal.watchdog, lambda: rehearsal.window)
    stack.callback(rehearsal.drills.close)
    return ""


def _never_watched(rehearsal: Rehearsal, why: str) -> str:
    """Nothing is broken without a watchdog, so there is nothing to look on at; gives the reason to stop."""
    rehearsal.record(WatchdogLost(reason=why))
    rehearsal.screen.step(f"stopping: {why}; nothing was broken")
    return UNWATCHED


def _watch(rehearsal: Rehearsal, watching: Observation | None) -> str:
    """Looks on until the load is over or must be stopped; gives the reason."""
    phases = [(rehearsal.plan.scenario.span(phase.name)[0], phase.name) for phase in rehearsal.plan.scenario.phases]
    with rehearsal.screen:
        while True:
            now_s = rehearsal.refresh()
            while phases and now_s >= phases[0][0]:
                rehearsal.record(RunPhase(phase=phases.pop(0)[1]))
            rehearsal.screen.show(_view(rehearsal, now_s, watching))
            reason = _reason_to_stop(rehearsal, now_s)
            if reason:
                return reason
            rehearsal.interrupts.wait(_POLL_S)


def _view(rehearsal: Rehearsal, now_s: float, watching: Observation | None) -> View:
    roster = rehearsal.load.roster()
    workers = roster.text if roster else ""
    if rehearsal.drills is None:
        return View(now_s, rehearsal.window, note=watching.note() if watching else "", workers=workers)
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
    if rehearsal.load.ended or _suffices(rehearsal):
        return "complete"
    breach = rehearsal.abort_watch.breach(rehearsal.window, rehearsal.drills.told() if rehearsal.drills else NOTHING_TOLD)
    if breach is not None:
        rehearsal.record(GateBreached(gate=breach.gate.text, measured=breach.measured, from_s=breach.from_s, to_s=breach.to_s))
        rehearsal.screen.step(f"stopping: {breach.gate.text} was broken for its time")
        return _GATE_BREACHED
    if now_s > scenario.lasts_s + scenario.drain + _OVERTIME_S:
        rehearsal.record(RunInterrupted(reason="the load did not end in its time"))
        return "overtime"
    return ""


def _suffices(rehearsal: Rehearsal) -> bool:
    """Whether nothing more is to be learnt from the load, where the plan lets it end then; told once."""
    drills = rehearsal.drills
    if not rehearsal.plan.scenario.ends_once_recovered or drills is None or not drills.over():
        return False
    rehearsal.record(LoadSufficed())
    rehearsal.screen.step("every drill has recovered, and its window is over: the load ends")
    return True


def _what_is_lost(rehearsal: Rehearsal, now_s: float) -> str:
    """The reason to stop, where a process without which there is no rehearsal is gone."""
    if rehearsal.watchdog is not None and not rehearsal.watchdog.alive():
        rehearsal.record(WatchdogLost(reason="its process is gone"))
        rehearsal.screen.step("the watchdog died: stopping and healing")
        return UNWATCHED
    if _world_gone(rehearsal, now_s):
        rehearsal.record(RunInterrupted(reason="its world is gone"))
        rehearsal.screen.step("stopping: its world is gone; what there is will be judged as partial")
        return WORLD_GONE
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
        with rehearsal.interrupts.breaking(at=SECOND_SIGNAL):
            rehearsal.load.stop()
    except Interrupted:
        rehearsal.load.kill()
