"""`stormdrill drill NAME`: a scenario made for one drill, with its own steady load."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

import chaos
from chaos.drill import ARRIVALS_PER_S, CUSTOMERS, PULSE, UNSAID_S
from chaos.fault import Fault
from chaos.registry import drill_facts, plan_steps
from scenarios.harmless import harmless
from scenarios.plan.phases import Phase
from scenarios.plan.scenario import Campaign, Population, Prizes, Pulse, Scenario, Slo
from scenarios.plan.strikes import PlannedDrill
from scenarios.plugins import DRILL, find, load_target
from scenarios.target.model import Target
from stormdrill.commands.shared import MOST_SEED, Out, TargetName, say_verdict
from stormdrill.rehearsal.loop import Options, rehearse
from stormdrill.rehearsal.progress import Screen

_STRIKES_S = 15.0
_WINDOW_S = 10.0
_ENOUGH = Campaign(prizes=Prizes(stock=1_000_000, per_customer=1000))  # it is not the stock that is drilled


def drill(
    name: Annotated[str, typer.Argument(help="a drill, see: stormdrill list drills")],
    *,
    target: TargetName = "embedded",
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED)] = 1,
    out: Out = Path("runs"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be touched, and touch nothing")] = False,
) -> int:
    """One drill over its own steady load."""
    plan, its_target = steady_scenario(name), load_target(target)
    if dry_run:
        chaos.check_drills(plan, its_target)
        for line in intentions(plan, its_target):
            typer.echo(harmless(line))
        return 0
    return say_verdict(rehearse(Options(plan, its_target, seed, 1, out), Screen(plan)))


def intentions(plan: Scenario, target: Target) -> Iterator[str]:
    """What a drill's scenario would break, of what kind, when and through what, known without asking the target anything.

    Raises:
        BadInput: the drill's steps are amiss.
    """
    for planned in plan.drills:
        facts = drill_facts(planned.drill)
        through = ", ".join(f"{name} ({target.handles[name]})" for name in facts.access) if facts else "what its faults ask for"
        yield f"{planned.drill} on {target.name}, through {through or 'no handle'}"
        yield f"  hits: {facts.blast_radius}" if facts else "  it does not state what it hits"
        for number, step in enumerate(plan_steps(planned)):
            when = (
                f"{step.after_s:g} s after the step before it" if number else f"{plan.at_s(planned):g} s into the load, once that is steady"
            )
            back = "after the read-back" if step.lasts_s is None else f"{step.lasts_s:g} s later"
            yield f"  {when}: {step.fault.kind()} of {_hit(step.fault)}; taken back {back}"
    yield "nothing was touched: which process it would be is found out when it strikes"


def _hit(fault: Fault) -> str:
    """What a fault is set to, in its own words; where it has no settings, its scope."""
    told = [f"{name} {value}" for name, value in fault.model_dump(mode="json").items() if value not in ("", None)]
    return ", ".join(told) or str(fault.scope())


def steady_scenario(drill: str) -> Scenario:
    """Ordinary customers at a level rate, the pulse, and the drill once the state is steady.

    Raises:
        BadInput: there is no such drill.
    """
    find(DRILL.folder, DRILL.suffix, drill, DRILL.kind)
    facts = drill_facts(drill)
    deadline_s, rto_s, lost = (facts.deadline_s, facts.rto_s, facts.rpo_operations) if facts else (UNSAID_S, UNSAID_S, 0)
    own, pulse = (facts.gates, facts.pulse) if facts else ((), PULSE)
    customers, per_s = (facts.customers, facts.arrivals_per_s) if facts else (CUSTOMERS, ARRIVALS_PER_S)
    lasts_s = _STRIKES_S + deadline_s + _WINDOW_S + 3
    return Scenario(
        name=f"drill-{drill}",
        describe=f"The drill {drill} over a steady load.",
        population=Population(customers=1000),
        campaign=_ENOUGH,
        phases=[Phase(name="steady", lasts=lasts_s, arrivals=per_s)],
        mix=customers,
        pulse=Pulse(operations=list(pulse), rate=50.0),
        slo=Slo(read_ms=200, effect_ms=250),
        drills=[PlannedDrill(drill=drill, at=f"{_STRIKES_S:g} s", deadline=deadline_s, window=_WINDOW_S)],
        gates=[f"rto of {drill} <= {rto_s:g} s", f"rpo of {drill} <= {lost}", *own],
    )
