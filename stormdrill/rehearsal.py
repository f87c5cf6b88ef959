"""The one loop that runs a rehearsal: world, preparation, T0, load and drills, read-back, healing, verdict."""

import os
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import chaos
import reports
from scenarios.aborting import AbortWatch
from scenarios.campaign import campaign_statics
from scenarios.errors import BadInput
from scenarios.events import EventWriter
from scenarios.live import LiveWindow, Tail
from scenarios.readback import capture
from scenarios.run import Plan, Run, create_run, fix_t0
from scenarios.scenario import Scenario
from scenarios.secrecy import secret_scope
from scenarios.target import Target
from stormdrill.interlock import admit
from stormdrill.load import Load, prepare
from stormdrill.screen import Screen, View
from stormdrill.validation import validate
from stormdrill.world import Standing, keep_logs, standing

_LEAD_S = 6.0
_LEAD_PER_10K_CUSTOMERS_S = 2.0
_LOOK_EVERY_S = 0.25
_OVERTIME_S = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for."""

    scenario: Scenario
    target: Target
    seed: int
    workers: int
    out: Path
    web: bool = False


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
    watchdog: "chaos.Watchdog | None" = None
    drills: "chaos.DrillRunner | None" = None
    interrupted: threading.Event = field(default_factory=threading.Event)

    @property
    def now_s(self) -> float:
        """Seconds since T0."""
        return (time.monotonic_ns() - self.plan.t0_monotonic_ns) / 1e9

    def tell(self, kind: str, **facts: object) -> None:
        """Writes an event of now."""
        self.events.write(kind, time.monotonic_ns(), **facts)

    def look(self) -> float:
        """Takes in what is new; gives the time."""
        now_s = self.now_s
        self.window = self.tail.look(now_s)
        return now_s


def rehearse(options: Options, screen: Screen) -> "reports.Verdict":
    """Runs the whole rehearsal and judges it.

    Raises:
        BadInput: something that was asked for cannot be.
        StormdrillError: a part could not be started.
    """
    validate(options.scenario, options.target)
    chaos.check_drills(options.scenario)
    refuse_leftovers()
    run, plan = create_run(options.scenario, options.target, seed=options.seed, workers=options.workers, out=options.out)
    with ExitStack() as stack:
        statics: dict[str, object] = {}
        world: Standing | None = None
        nonce = secrets.token_hex(8)
        if options.target.world is not None:
            world = stack.enter_context(standing(options.target.world, nonce, screen.step))
            stack.callback(keep_logs, world.folder, run.folder / "logs")
            statics |= _statics_of(options.target, world)
        admit(options.target, statics, nonce)
        screen.step(f"enrolling {options.scenario.population.customers} customers")
        plan = _noted(run, plan, statics)
        prepare(run, "enrol")
        plan = _start_clock(run, plan)
        prepare(run, "open")
        _perform(options, run, plan, screen)
    screen.step("judging")
    verdict = reports.judge(run.folder)
    reports.render(run.folder)
    return verdict


def refuse_leftovers() -> None:
    """Raises BadInput where an earlier run left a fault behind, or another rehearsal is running."""
    left = chaos.leftovers()
    if left:
        advice = "wait for its end" if left[0].watched else "run: stormdrill heal"
        raise BadInput(f"something is still broken from an earlier run ({left[0]}); {advice}")


def _statics_of(target: Target, world: Standing) -> dict[str, object]:
    """The names `topology.*` that the target's templates use, and `handles.topology`; secrets go into the environment instead."""
    facts = world.facts()
    for variable, key in (target.world.secrets if target.world else {}).items():
        os.environ[variable] = str(facts[key])
    used = set(re.findall(r"\{topology\.([\w.-]+)(?:\|\w+)?\}", target.model_dump_json()))
    missing = sorted(used - set(facts))
    if missing:
        raise BadInput(f"target {target.name} names topology.{missing[0]}, which the world does not have")
    return {f"topology.{name}": facts[name] for name in used} | {"topology": str(world.topology)}


def _noted(run: Run, plan: Plan, statics: dict[str, object]) -> Plan:
    noted = plan.model_copy(update={"statics": plan.statics | statics})
    run.write_plan(noted)
    return noted


def _start_clock(run: Run, plan: Plan) -> Plan:
    """Fixes T0 far enough ahead for every process to be ready, and adds what only then is known of the campaign."""
    lead_s = _LEAD_S + plan.workers + plan.scenario.population.customers / 10_000 * _LEAD_PER_10K_CUSTOMERS_S
    plan = fix_t0(run, plan, lead_s=lead_s)
    return _noted(run, plan, dict(campaign_statics(plan.scenario, datetime.fromisoformat(plan.t0_wall))))


def _perform(options: Options, run: Run, plan: Plan, screen: Screen) -> None:
    """Load and drills from T0 to the last read-back; whatever happens, the load is ended and every fault undone."""
    tail, abort_watch = Tail(run.samples_folder), AbortWatch(plan.scenario, plan.operations)
    rehearsal = Rehearsal(run, plan, screen, run.event_writer("door", plan.t0_monotonic_ns), Load(run), tail, tail.look(0), abort_watch)
    with ExitStack() as stack:
        stack.enter_context(_signals(rehearsal))
        stack.callback(rehearsal.events.close)
        if plan.scenario.drills:
            rehearsal.watchdog = stack.enter_context(chaos.start_watchdog(run, plan))
            rehearsal.drills = chaos.DrillRunner(run, plan, rehearsal.watchdog, lambda: rehearsal.window)
        stack.callback(rehearsal.load.stop)
        rehearsal.load.start(options.workers, web_port=_free_port() if options.web else None)
        rehearsal.tell("run.started", seed=plan.seed, workers=plan.workers, t0=plan.t0_wall)
        if rehearsal.drills is not None:
            rehearsal.drills.start()
        reason = _watch(rehearsal)
        if rehearsal.drills is not None:
            rehearsal.drills.abort()
        rehearsal.load.stop()
        for writer, exit_code in rehearsal.load.failures:
            rehearsal.tell("load.lost", writer=writer, exit_code=exit_code, last_words=rehearsal.load.last_words())
        _conclude(rehearsal, reason)


def _watch(rehearsal: Rehearsal) -> str:
    """Looks on until the load is over or must be stopped; gives the reason."""
    phases = [(rehearsal.plan.scenario.span(phase.name)[0], phase.name) for phase in rehearsal.plan.scenario.phases]
    with rehearsal.screen:
        while True:
            now_s = rehearsal.look()
            while phases and now_s >= phases[0][0]:
                rehearsal.tell("run.phase", phase=phases.pop(0)[1])
            rehearsal.screen.show(_view(rehearsal, now_s))
            reason = _reason_to_stop(rehearsal, now_s)
            if reason:
                return reason
            rehearsal.interrupted.wait(_LOOK_EVERY_S)


def _view(rehearsal: Rehearsal, now_s: float) -> View:
    if rehearsal.drills is None:
        return View(now_s, rehearsal.window)
    status = rehearsal.drills.status()
    note = f"{status.drill}: {status.phase} {status.detail}".rstrip() if status.drill else ""
    return View(now_s, rehearsal.window, [fault.fault for fault in status.faults], note)


def _reason_to_stop(rehearsal: Rehearsal, now_s: float) -> str:
    scenario = rehearsal.plan.scenario
    if rehearsal.interrupted.is_set():
        rehearsal.tell("run.interrupted", reason="stopped by the user")
        rehearsal.screen.step("stopping; what there is will be judged as partial")
        return "interrupted"
    if rehearsal.watchdog is not None and not rehearsal.watchdog.alive():
        rehearsal.tell("watchdog.lost", reason="its process is gone")
        rehearsal.screen.step("the watchdog died: stopping and healing")
        return "watchdog lost"
    if rehearsal.load.ended:
        return "complete"
    breach = rehearsal.abort_watch.breach(rehearsal.window)
    if breach is not None:
        rehearsal.tell("gate.breached", gate=breach.gate.text, measured=breach.measured)
        rehearsal.screen.step(f"stopping: {breach.gate.text} was broken for its time")
        return "gate breached"
    if now_s > scenario.lasts_s + scenario.drain + _OVERTIME_S:
        rehearsal.tell("run.interrupted", reason="the load did not end in its time")
        return "overtime"
    return ""


def _conclude(rehearsal: Rehearsal, reason: str) -> None:
    """Reads back before anything is undone that would erase the evidence, then heals."""
    plan = rehearsal.plan
    rehearsal.tell("run.drained")
    rehearsal.screen.step("reading back")
    capture(plan.target, {**plan.statics, **secret_scope(plan.target)}, rehearsal.run.readback_folder, rehearsal.events)
    troubles: list[str] = []
    if rehearsal.drills is not None:
        rehearsal.screen.step("healing")
        troubles = rehearsal.drills.finish()
    if reason == "watchdog lost":
        troubles = [str(healing) for healing in chaos.heal() if not healing.healed]
    for trouble in troubles:
        rehearsal.tell("run.leftover", what=trouble)
        rehearsal.screen.step(f"not healed: {trouble}")
    rehearsal.tell("run.ended", reason=reason)


@contextmanager
def _signals(rehearsal: Rehearsal) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the loop to stop in order."""
    before = {number: signal.signal(number, lambda *_: rehearsal.interrupted.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
