"""Faults and drills of a user's own that go wrong: named with file and line, refused before a run, and no harm to the watchdog in one."""

from pathlib import Path

import pytest
from chaos_support import StandIn

from chaos.errors import ChaosError
from chaos.faults.load_surge import LoadSurge
from chaos.registry import all_drills, build_fault, drill_facts, plan_steps
from chaos.watchdog.client import WatchdogClient
from scenarios.errors import BadInput
from scenarios.plan.scenario import PlannedDrill
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.events import merge_events, of_kind
from scenarios.run.fault_event_kinds import FaultUndone
from scenarios.run.folder import Run

DRILL = '''"""Amiss."""
import sys
from chaos.drill import Drill, FaultStep
from chaos.fault import Fault
from chaos.faults.no_op import NoOp

class Home(NoOp):
    """A fault that the watchdog does not find."""

class Amiss(Drill):
    """Amiss."""
    def steps(self):
        {does}
'''
AMISS = {  # what its steps do: the line that is named, and what is said
    "raise ValueError('no')": (13, "ValueError: no"),
    "sys.exit(1)": (13, "SystemExit: 1"),
    "return None": (1, "TypeError: 'NoneType' object is not iterable"),
    "return (3,)": (1, "it gave 3; allowed: FaultStep(fault, …)"),
    "return (FaultStep('no-op'),)": (1, "allowed: FaultStep(fault, …)"),
    "return (FaultStep(NoOp(), lasts_s=-1),)": (1, "allowed: after_s of 0 or more, lasts_s above 0 or None"),
    "return ()": (1, "no step of it starts the recovery clock"),
    "return (FaultStep(NoOp(), sets_up=True),)": (1, "no step of it starts the recovery clock"),
    "return (FaultStep(Home()),)": (1, "Home is no fault of chaos/faults; there are: "),
}


@pytest.mark.parametrize("does", AMISS)
def test_a_drill_whose_steps_are_amiss_is_refused_before_the_run(own_faults: Path, does: str) -> None:
    """They are asked for then, and never first in the middle of a run."""
    path = own_faults / "chaos" / "drills" / "amiss.py"
    path.parent.mkdir()
    path.write_text(DRILL.replace("{does}", does))
    with pytest.raises(BadInput) as error:
        plan_steps(PlannedDrill(drill="amiss", at="20 s"))
    line, says = AMISS[does]
    assert str(error.value).startswith(f"{path}:{line}: the steps of drill amiss: ")
    assert says in str(error.value)


@pytest.mark.parametrize("name", all_drills())
def test_every_drill_of_ours_states_its_facts(name: str) -> None:
    """Nobody starts one without having been told what it breaks; its limit for recovery lies within its deadline.

    Only what shapes the load alone needs no access to the system.
    """
    facts = drill_facts(name)
    assert facts
    assert all((facts.hypothesis, facts.blast_radius))
    faults = [step.fault for step in plan_steps(PlannedDrill(drill=name, at="20 s"))]
    assert bool(facts.access) == any(not isinstance(fault, LoadSurge) for fault in faults)
    assert 0 < facts.rto_s <= facts.deadline_s


def test_facts_that_are_none_are_refused(own_faults: Path) -> None:
    """One sentence with what is allowed."""
    path = own_faults / "chaos" / "drills" / "vague.py"
    path.parent.mkdir()
    told = DRILL.replace("{does}", "return ()").replace("class Amiss(Drill):", "class Vague(Drill):\n    facts = 3")
    path.write_text(told)
    with pytest.raises(BadInput, match=r"drill vague: its facts are 3; allowed: DrillFacts\(…\)"):
        drill_facts("vague")


FAULT = '''"""Raises where it is told to."""
import sys
from typing import ClassVar
from chaos.fault import Fault, FaultTarget
from chaos.health import ProbeResult

class Raising(Fault):
    """Raises."""
    effect_s: ClassVar[float] = 0.2
    heal_s: ClassVar[float] = 0.2
    at: str
    def _meet(self, here):
        if self.at == here:
            1 / 0
        if self.at == here + "!":
            sys.exit(0)
    def find_target(self, handles):
        self._meet("find_target")
        return FaultTarget(part="it")
    def hold(self, handles, lease_s): self._meet("hold")
    def inject(self, handles, target): self._meet("inject")
    def is_effective(self, handles, target):
        self._meet("is_effective")
        return True if self.at == "gives" else ProbeResult(holds=True, evidence="seen")
    def undo(self, handles, target): self._meet("undo")
    def is_healed(self, handles, target):
        self._meet("is_healed")
        return ProbeResult(holds=True, evidence="well")
'''
METHODS = ("find_target", "hold", "inject", "is_effective", "undo", "is_healed")


@pytest.mark.parametrize("how", ["", "!"], ids=["raises", "exits"])
def test_a_fault_that_raises_is_named_and_the_watchdog_lives_on(own_faults: Path, world: StandIn, leases: Path, run: Run, how: str) -> None:
    """In each of its methods, once however often it is asked; and what others have broken is undone all the same."""
    path = own_faults / "chaos" / "faults" / "raising.py"
    path.write_text(FAULT)
    line, says = (16, "SystemExit: 0") if how else (14, "ZeroDivisionError: division by zero")
    with WatchdogClient(world.handles, leases=leases, run=run) as watchdog:
        whole = watchdog.inject(build_fault("process-freeze", {"part": "node"}), "drill")
        for method in METHODS:
            try:
                status = watchdog.inject(build_fault("raising", {"at": method + how}), method)
            except ChaosError as error:
                assert f"the fault raising broke at {path}:{line}: {says}" in str(error)  # noqa: PT017 - only some of them refuse at once
            else:
                watchdog.undo(status.lease)
        assert watchdog.alive()
        watchdog.undo(whole.lease)
    events = merge_events(run.events_folder)
    told = of_kind(events, PluginFailed)
    assert {str(event.facts) for event in told} == {f"the fault raising broke at {path}:{line}: {says}"}
    assert len(told) == len(METHODS)
    assert "process-freeze" in {event.facts.fault for event in of_kind(events, FaultUndone)}


def test_a_probe_that_gives_what_it_must_not_is_named(own_faults: Path, world: StandIn, leases: Path, run: Run) -> None:
    """A mere True has no evidence."""
    path = own_faults / "chaos" / "faults" / "raising.py"
    path.write_text(FAULT)
    with WatchdogClient(world.handles, leases=leases, run=run) as watchdog:
        watchdog.undo(watchdog.inject(build_fault("raising", {"at": "gives"})).lease)
    (event,) = of_kind(merge_events(run.events_folder), PluginFailed)
    assert event.facts.what == "TypeError: it gave True; allowed: a ProbeResult"


def test_a_broken_file_of_one_fault_keeps_no_other_from_being_built(own_faults: Path) -> None:
    """So that what it has broken can be healed."""
    (own_faults / "chaos" / "faults" / "puff.py").write_text("(")
    assert build_fault("process-freeze", {"part": "node"}).kind() == "process-freeze"
