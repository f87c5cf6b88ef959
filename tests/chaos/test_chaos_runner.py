"""Drills on the timeline of a run: they strike from a steady state only, in their order, and end healed."""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos_plans import scenario, target
from chaos_support import StandIn, live_window, wait

from chaos import reach
from chaos.drill_runner import DrillRunner
from chaos.watchdog.client import WatchdogClient, start_watchdog
from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.run.drill_states import DrillState
from scenarios.run.event_kinds import PluginFailed, WriterEnded
from scenarios.run.events import Event, of_kind
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import DrillRefused, FaultInjecting, OfDrill, OfFault
from scenarios.run.folder import Plan, Run, create_run
from scenarios.run.live_window import LiveWindow
from scenarios.run.system_event_kinds import OfSystem, SystemLag, SystemWriters
from scenarios.target.model import Target

LEAD_S = 10.8  # T0 lies so far back when a test begins; drills strike at 11 s


@dataclass(frozen=True)
class Stage:
    """A run on the stand-in world whose T0 has just been `LEAD_S` ago."""

    world: StandIn
    run: Run
    plan: Plan
    watchdog: WatchdogClient

    def window(self, failures: Callable[[int], int] = lambda _: 0) -> Callable[[], LiveWindow]:
        """A provider of live figures up to now."""
        return lambda: live_window((time.monotonic_ns() - self.plan.t0_monotonic_ns) / 1e9, failures=failures)

    def events(self, *kinds: str) -> list[Event[Facts]]:
        """Events of these kinds, by time."""
        return [event for event in self.run.events() if event.kind in kinds]

    def order(self, *, drop: str = "watchdog.started") -> list[str]:
        """Kinds of all events but the system's and the end marks, by time."""
        told = [event.kind for event in self.run.events() if not event.kind.startswith("system.")]
        return [kind for kind in told if kind not in (drop, WriterEnded.kind)]


@pytest.fixture
def staged(world: StandIn, leases: Path, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Sets the stage for a scenario; `of` is the target, `more` what else the plan says."""
    watchdogs: list[WatchdogClient] = []

    def build(planned: Scenario, of: Target | None = None, **more: object) -> Stage:
        run, plan = create_run(planned, of or target(), seed=1, workers=1, out=tmp_path / "runs")
        statics = {"url": world.url, "topology": str(world.folder / "topology.json")}
        t0_ns = time.monotonic_ns() - int(LEAD_S * 1e9)
        plan = plan.model_copy(update={"t0_monotonic_ns": t0_ns, "statics": statics} | more)
        watchdogs.append(start_watchdog(run, plan, leases=leases))
        return Stage(world, run, plan, watchdogs[-1])

    yield build
    for watchdog in watchdogs:
        watchdog.close()


def test_a_target_that_is_not_whole_before_the_load_is_refused(
    staged: Callable[[Scenario], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the target's own words, once it has had a moment to come up; nothing of it is broken."""
    stage = staged(scenario("primary-kill"))
    reach.check_reach(stage.plan.scenario, stage.plan.target, stage.plan.statics)
    node = stage.world.topology.one("node").process
    assert node is not None
    node.signal(signal.SIGSTOP)
    monkeypatch.setattr(reach, "_WHOLE_S", 0.3)
    with pytest.raises(BadInput, match=r"^nothing is broken of a target that is not whole before: not well: campaign-a$"):
        reach.check_reach(stage.plan.scenario, stage.plan.target, stage.plan.statics)
    node.signal(signal.SIGCONT)
    assert stage.watchdog.faults() == []


def test_a_drill_strikes_recovers_and_is_undone_only_at_the_end(staged: Callable[[Scenario], Stage]) -> None:
    """primary-kill from its plan to its health, every step an event, the old primary away until the evidence is captured."""
    stage = staged(scenario("primary-kill"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: runner.status().state == "recovered", "the drill has recovered")
    assert [fault.fault for fault in runner.status().faults] == ["primary-kill"]
    assert "/rejoin" not in str(stage.world.state()["asked"])
    assert runner.finish() == []
    assert stage.world.state()["healthy"]
    assert stage.order() == [
        "drill.planned",
        "drill.steady",
        "fault.requested",
        "fault.injecting",
        "fault.effective",
        "drill.recovered",
        "fault.undoing",
        "fault.undone",
        "fault.healed",
    ]
    (zero,) = stage.events("fault.injecting")
    assert isinstance(zero.facts, FaultInjecting)
    assert zero.facts.drill == "primary-kill"
    assert zero.at_s >= 11


def test_what_the_system_tells_stands_in_the_run_at_the_systems_own_times(staged: Callable[[Scenario], Stage]) -> None:
    """Each of its events is copied once, with its monotonic time, under the kind that the target's file gives it."""
    stage = staged(scenario("primary-kill"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: runner.status().state == "recovered", "the drill has recovered")
    runner.finish()
    told = [(event.kind, event.at_ns + stage.plan.t0_monotonic_ns) for event in stage.run.events() if isinstance(event.facts, OfSystem)]
    assert told == [(f"system.{event['kind']}", event["monotonic_ns"]) for event in stage.world.events()]
    assert [kind for kind, _ in told] == ["system.detected", "system.promoted", "system.rejoined"]


def test_how_many_write_and_how_far_the_standby_is_behind_is_noted_all_the_while(staged: Callable[[Scenario], Stage]) -> None:
    """From the first look on, and whenever it changes; by the target's own figures."""
    stage = staged(scenario("primary-kill"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: stage.events("system.writers"), "the writers are counted")
    runner.abort()
    runner.finish()
    assert next(event.facts for event in stage.events("system.writers")) == SystemWriters(count=1)
    assert [event.facts for event in stage.events("system.lag")] == [SystemLag(lag_ms=0.7)]  # once, for it is the same all the while


def test_a_target_that_is_read_elsewhere_and_tells_no_events_is_drilled_and_asked_all_the_while(
    world: StandIn, staged: Callable[..., Stage]
) -> None:
    """Runner and watchdog read it where the interlock has let it pass; how many write is noted without any events."""
    near, far = target(), world.url.replace("127.0.0.1", "core.bank.example")
    assert near.health
    of = near.model_copy(update={"events": None, "health": near.health.model_copy(update={"url": f"{far}/state"})})
    stage = staged(scenario("primary-kill"), of, pins={"core.bank.example": ["127.0.0.1"]})
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: runner.status().state == "recovered", "the drill has recovered")
    assert runner.finish() == []
    assert stage.order()[-1] == "fault.healed"
    assert next(event.facts for event in stage.events("system.writers")) == SystemWriters(count=1)


def test_an_unsteady_state_refuses_the_drill(staged: Callable[[Scenario], Stage]) -> None:
    """Nothing is broken where the figures do not hold, and the reason carries them."""
    stage = staged(scenario("primary-kill"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window(failures=lambda _: 3))
    runner.start()
    wait(lambda: runner.status().state == "refused", "the drill is refused")
    assert runner.finish() == []
    assert stage.order() == ["drill.planned", "drill.refused"]
    assert "technical failures" in str(stage.events("drill.refused")[0].facts)


def test_a_hiccup_postpones_the_drill_for_a_moment(staged: Callable[[Scenario], Stage]) -> None:
    """A bad second at the far end of the ten is waited out."""
    stage = staged(scenario("primary-kill", at="12 s"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window(failures=lambda second: 40 if second == 4 else 0))
    runner.start()
    wait(lambda: runner.status().state == "recovered", "the drill has recovered")
    runner.finish()
    assert stage.events("drill.steady")[0].at_s >= 15


def test_a_drill_that_does_not_recover_is_overdue(staged: Callable[[Scenario], Stage]) -> None:
    """At the deadline that is told, and the world is healed all the same."""
    stage = staged(scenario("primary-freeze"))

    def failures(second: int) -> int:
        return 40 if any(second >= blow.at_s for blow in stage.events("fault.injecting")) else 0

    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window(failures))
    runner.start()
    wait(lambda: runner.status().state == "overdue", "the drill is overdue")
    assert runner.finish() == []
    assert stage.world.state()["healthy"]
    assert stage.events("drill.recovered") == []
    assert not runner.over()  # what has not recovered needs the load to its end


def test_a_load_that_may_end_early_goes_on_until_all_has_held_for_the_window(staged: Callable[[Scenario], Stage]) -> None:
    """Once it has recovered, its window and a little more is over, and all has been calm for six seconds since it was touched."""
    planned = scenario("primary-kill").model_copy(update={"ends_once_recovered": True})
    stage = staged(planned)
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: runner.status().state == "recovered", "the drill has recovered")
    assert not runner.over()
    wait(runner.over, "the load is needed no more")
    (zero,) = stage.events("fault.injecting")
    assert (time.monotonic_ns() - stage.plan.t0_monotonic_ns) / 1e9 - zero.at_s > 6
    assert runner.finish() == []


def test_a_drill_that_breaks_in_mid_run_is_named_and_ends_no_thread_in_silence(
    own_faults: Path, staged: Callable[[Scenario], Stage]
) -> None:
    """With file and line, as an event; nothing was struck, and the world stays whole."""
    fault = own_faults / "chaos" / "faults" / "moody.py"
    fault.write_text(MOODY)
    (own_faults / "chaos" / "drills").mkdir()
    drill = "from chaos.drill import Drill, FaultStep\nfrom chaos.faults.moody import Moody\n"
    drill += 'class Idle(Drill):\n    """Does nothing."""\n    def steps(self): return (FaultStep(Moody()),)\n'
    (own_faults / "chaos" / "drills" / "idle.py").write_text(drill)
    stage = staged(scenario("idle"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    fault.with_name("mood").touch()
    runner.start()
    wait(lambda: runner.status().state is DrillState.REFUSED, "the drill is refused")
    assert runner.finish() == []
    (told,) = of_kind(stage.run.events(), PluginFailed)
    assert str(told.facts) == f"the drill idle broke at {fault}:9: RuntimeError: will not"
    assert stage.events("drill.refused")


MOODY = '''"""A fault that does not say its name while a file is there."""
from pathlib import Path
from chaos.faults.no_op import NoOp

class Moody(NoOp):
    """Moody."""
    @classmethod
    def kind(cls):
        if Path(__file__).with_name("mood").exists(): raise RuntimeError("will not")
        return "moody"
'''


def test_a_fault_without_effect_ends_the_drill(own_faults: Path, staged: Callable[[Scenario], Stage]) -> None:
    """No recovery is claimed from a blow that never fell."""
    (own_faults / "chaos" / "drills").mkdir()
    drill = "from chaos.drill import Drill, FaultStep\nfrom chaos.faults.no_op import NoOp\n"
    drill += 'class Idle(Drill):\n    """Does nothing."""\n    def steps(self): return (FaultStep(NoOp()),)\n'
    (own_faults / "chaos" / "drills" / "idle.py").write_text(drill)
    stage = staged(scenario("idle"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: runner.status().state == "without effect", "the drill is without effect")
    runner.finish()
    assert len(stage.events("fault.without_effect")) == 1
    assert stage.events("drill.recovered", "fault.effective") == []


def test_the_frozen_standby_sets_the_scene_and_is_woken_last(staged: Callable[[Scenario], Stage]) -> None:
    """The freeze only sets the scene; zero of the recovery clock is the kill, `freeze_s` later."""
    stage = staged(scenario("frozen-standby", settings={"freeze_s": 0.3}))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: runner.status().state == "recovered", "the drill has recovered")
    assert runner.finish() == []
    told = stage.events("fault.injecting", "fault.effective", "fault.undone")
    faults = [(event, event.facts) for event in told if isinstance(event.facts, OfFault)]
    assert [(event.kind, facts.fault, facts.starts_clock if isinstance(facts, FaultInjecting) else None) for event, facts in faults] == [
        ("fault.injecting", "process-freeze", False),
        ("fault.effective", "process-freeze", None),
        ("fault.injecting", "primary-kill", True),
        ("fault.effective", "primary-kill", None),
        ("fault.undone", "primary-kill", None),
        ("fault.undone", "process-freeze", None),
    ]
    assert {facts.drill for _, facts in faults} == {"frozen-standby"}
    assert told[2].at_s - told[1].at_s >= 0.3


def test_a_killed_node_is_asked_for_again_in_mid_load(staged: Callable[[Scenario], Stage]) -> None:
    """node-kill is undone after its time, before the end."""
    stage = staged(scenario("node-kill", settings={"service": "campaign", "lasts_s": 0.5}))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: stage.events("fault.healed"), "the node is back")
    assert stage.world.state()["healthy"]
    wait(lambda: runner.status().state == "recovered", "the drill has recovered")
    assert not runner.status().faults
    assert runner.finish() == []
    assert len(stage.events("fault.undoing")) == 1


def test_a_step_is_taken_back_in_its_time_while_the_next_one_is_awaited(
    own_faults: Path, staged: Callable[[Scenario], Stage], tmp_path: Path
) -> None:
    """So that what comes and goes can be drilled: the second blow falls on a part that is whole; and none is shown as broken then."""
    (own_faults / "chaos" / "drills").mkdir()
    drill = "from chaos.drill import Drill, FaultStep\nfrom chaos.faults.witness import Witness\n"
    drill += f'class Blinks(Drill):\n    """Looks."""\n    def steps(self):\n        fault = Witness(folder="{tmp_path}")\n'
    drill += "        return (FaultStep(fault, lasts_s=0.1), FaultStep(fault, after_s=0.6, lasts_s=0.1))\n"
    (own_faults / "chaos" / "drills" / "blinks.py").write_text(drill)
    stage = staged(scenario("blinks", deadline="40 s"))

    def failures(second: int) -> int:
        return 40 if any(second >= blow.at_s for blow in stage.events("fault.injecting")) else 0

    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window(failures))
    runner.start()
    wait(lambda: len(stage.events("fault.undone")) == 2, "both are taken back")
    wait(lambda: not runner.status().faults, "none is shown as broken any more")
    assert runner.status().state == "broken"
    assert runner.finish() == []
    told = stage.events("fault.effective", "fault.undone")
    assert [event.kind for event in told] == ["fault.effective", "fault.undone"] * 2
    assert told[2].at_s - told[0].at_s >= 0.6


def test_an_aborted_run_strikes_no_more(staged: Callable[[Scenario], Stage]) -> None:
    """After an interrupt before its time a drill does not begin."""
    stage = staged(scenario("primary-kill", at="50 s"))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    runner.abort()
    assert runner.finish() == []
    assert stage.order() == ["drill.planned"]


def test_two_strikes_on_one_part_are_two_and_the_first_is_healed_before_the_second(staged: Callable[[Scenario], Stage]) -> None:
    """The standby takes over twice: the old primary is back before the new one dies, and each strike has its own events."""
    stage = staged(scenario("primary-kill", {"at": "16 s"}))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: len(stage.events("drill.recovered")) == 2, "both strikes have recovered", 20)
    assert runner.finish() == []
    told = [(event.kind, event.facts.strike) for event in stage.run.events() if isinstance(event.facts, (OfFault, OfDrill))]
    assert [strike for kind, strike in told if kind == "fault.injecting"] == ["primary-kill", "primary-kill#2"]
    assert told.index(("fault.healed", "primary-kill")) < told.index(("fault.injecting", "primary-kill#2"))
    for strike in ("primary-kill", "primary-kill#2"):
        for kind in ("drill.planned", "drill.steady", "fault.effective", "drill.recovered", "fault.undone", "fault.healed"):
            assert told.count((kind, strike)) == 1, (kind, strike, told)
    assert [event["kind"] for event in stage.world.events()].count("promoted") == 2


def test_a_strike_waits_for_one_before_it_that_came_late(staged: Callable[[Scenario], Stage]) -> None:
    """Both are overdue when they begin, as after a steady state that came late: the first has its deadline, and is healed."""
    stage = staged(scenario("primary-kill", {"at": "13 s"}))
    wait(lambda: time.monotonic_ns() > stage.plan.t0_monotonic_ns + 13 * 10**9, "both are due")
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: len(stage.events("fault.injecting")) == 2, "both have struck", 60)
    runner.finish()
    first, second = stage.events("fault.injecting")
    (healed, *_) = stage.events("fault.healed")
    assert second.at_s >= first.at_s + 2
    assert first.at_s < healed.at_s < second.at_s


def test_strikes_on_different_parts_hit_at_their_own_times(staged: Callable[[Scenario], Stage]) -> None:
    """The second does not wait for the first one's recovery."""
    stage = staged(scenario("primary-kill", {"drill": "node-kill", "at": "11.5 s", "settings": {"service": "campaign", "lasts_s": 0.5}}))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: len(stage.events("drill.recovered")) == 2, "both strikes have recovered", 20)
    assert runner.finish() == []
    first, second = stage.events("fault.injecting")
    assert 11.5 <= second.at_s < first.at_s + 2


def test_a_strike_on_what_is_not_healed_is_refused(own_faults: Path, staged: Callable[[Scenario], Stage], tmp_path: Path) -> None:
    """A part that an earlier strike has left broken is not struck again, and the reason says which."""
    (own_faults / "chaos" / "drills").mkdir()
    (tmp_path / "stubborn").touch()
    drill = "from chaos.drill import Drill, FaultStep\nfrom chaos.faults.witness import Witness\n"
    drill += f'class Twice(Drill):\n    """Looks."""\n    def steps(self): return (FaultStep(Witness(folder="{tmp_path}")),)\n'
    (own_faults / "chaos" / "drills" / "twice.py").write_text(drill)
    stage = staged(scenario("twice", {"at": "13 s"}))
    runner = DrillRunner(stage.run, stage.plan, stage.watchdog, stage.window())
    runner.start()
    wait(lambda: stage.events("drill.refused"), "the second strike is refused", 60)  # it waits for the healing itself
    (refused,) = of_kind(stage.run.events(), DrillRefused)
    assert refused.facts.strike == "twice#2"
    assert refused.facts.reason.startswith("twice is not healed yet: witness: the undo failed: ")
    assert "will not; by hand: " in refused.facts.reason
    (tmp_path / "stubborn").unlink()
    assert runner.finish() == []
