"""`stormdrill drill NAME`: a scenario made for one drill, with its own steady load."""

from pathlib import Path
from typing import Annotated

import typer

from chaos.registry import drill_facts
from scenarios.plan.phases import Phase
from scenarios.plan.scenario import Population, Pulse, Scenario, Slo
from scenarios.plan.strikes import PlannedDrill
from scenarios.plugins import DRILL, find, load_target
from stormdrill.commands.shared import MOST_SEED, Out, TargetName, say_verdict
from stormdrill.rehearsal.loop import Options, rehearse
from stormdrill.rehearsal.progress import Screen

_RATE_PER_S = 12.0
_STRIKES_S = 15.0
_UNSAID_S = 15.0
"""Deadline and limit of a drill that states none."""
_WINDOW_S = 10.0


def drill(
    name: Annotated[str, typer.Argument(help="a drill, see: stormdrill list drills")],
    *,
    target: TargetName = "embedded",
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED)] = 1,
    out: Out = Path("runs"),
) -> int:
    """One drill over its own steady load."""
    plan = steady_scenario(name)
    return say_verdict(rehearse(Options(plan, load_target(target), seed, 1, out), Screen(plan)))


def steady_scenario(drill: str) -> Scenario:
    """Ordinary customers at a level rate, the pulse, and the drill once the state is steady.

    Raises:
        BadInput: there is no such drill.
    """
    find(DRILL.folder, DRILL.suffix, drill, DRILL.kind)
    facts = drill_facts(drill)
    deadline_s, rto_s, lost = (facts.deadline_s, facts.rto_s, facts.rpo_operations) if facts else (_UNSAID_S, _UNSAID_S, 0)
    lasts_s = _STRIKES_S + deadline_s + _WINDOW_S + 3
    return Scenario(
        name=f"drill-{drill}",
        describe=f"The drill {drill} over a steady load.",
        population=Population(customers=1000),
        phases=[Phase(name="steady", lasts=lasts_s, arrivals=_RATE_PER_S)],
        mix={"ordinary-banking": 55, "zone-page": 20, "check-in": 20, "idempotency-probe": 5},
        pulse=Pulse(operations=["account.balance", "transfer.submit"], rate=50.0),
        slo=Slo(read_ms=200, effect_ms=250),
        drills=[PlannedDrill(drill=drill, at=f"{_STRIKES_S:g} s", deadline=deadline_s, window=_WINDOW_S)],
        gates=[f"rto of {drill} <= {rto_s:g} s", f"rpo of {drill} <= {lost}"],
    )
