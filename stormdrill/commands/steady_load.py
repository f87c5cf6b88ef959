"""The load that a drill has of its own: ordinary customers at a level rate, and the pulse."""

import re
from collections.abc import Container
from pathlib import Path

from pydantic import ValidationError

from chaos.drill import DrillLimits
from chaos.registry import drill_facts
from scenarios.errors import BadInput
from scenarios.plan.campaign_model import Campaign, Prizes
from scenarios.plan.gates import parse_gate
from scenarios.plan.observed import OBSERVED, Observed
from scenarios.plan.phases import Phase, seconds
from scenarios.plan.scenario import Population, Pulse, Scenario, Slo
from scenarios.plan.strikes import PlannedDrill
from scenarios.plan.surges import MOST_LOAD_S
from scenarios.plugins import DRILL, find
from scenarios.target.model import Target

_STRIKES_S = 11.0  # ten seconds of steady state, and one in which the first customers come
_WINDOW_S = 10.0
_BETWEEN_S = 4.0  # for what a strike broke to be whole before the next one
_LEAST_LASTS_S = 30.0
_LONG_S = 600.0
_OF_DATABASES = ("database", "centre")
_SIGN = re.compile(" (?=[<>=])")
_AS_OFTEN = 1000  # as anybody likes: it is not the caps that are drilled
_ENOUGH = Campaign(prizes=Prizes(stock=DrillLimits().stock, per_customer=_AS_OFTEN))


def observed_scenario(target: Target, lasts: str) -> Scenario:
    """Ordinary customers at a level rate and the pulse, while others fail over. W is a minute, ten seconds in a trial of under ten minutes.

    Raises:
        BadInput: that is no time or too short a one, or the target has no operation for a pulse.
    """
    usual = DrillLimits()
    pulse = [name for name in usual.pulse if name in target.operations]
    if not pulse:
        raise BadInput(f"target {target.name} maps none of {', '.join(usual.pulse)}, on which the pulse of an observed drill is made")
    try:
        lasts_s = seconds(lasts)
    except ValueError as error:
        raise BadInput(f"--lasts: {error}") from None
    if not _LEAST_LASTS_S <= lasts_s <= MOST_LOAD_S:
        raise BadInput(f"--lasts {lasts}: others need {_LEAST_LASTS_S:g} s at least; allowed: up to {MOST_LOAD_S // 3600} h")
    observed = Observed() if lasts_s >= _LONG_S else Observed(window=_WINDOW_S)
    return Scenario(
        name=f"drill-{OBSERVED}",
        describe="A drill that other hands perform, over a steady load.",
        population=Population(customers=1000),
        campaign=_ENOUGH,
        phases=[Phase(name="steady", lasts=lasts_s, arrivals=usual.arrivals_per_s)],
        mix=usual.customers,
        pulse=Pulse(operations=pulse, rate=50.0),
        observed=observed,
        gates=[f"rto of {OBSERVED} <= {observed.deadline:g} s", f"rpo of {OBSERVED} <= 0"],
    )


def scenario_for(drill: str, target: Target) -> Scenario:
    """As `steady_scenario`, with the time that the target's databases need by their own detection. Raises BadInput."""
    facts = drill_facts(drill)
    slow = facts is not None and facts.domain in _OF_DATABASES
    return steady_scenario(drill, target.operations, target.failover.deadline_s if slow else 0.0)


def steady_scenario(drill: str, mapped: Container[str] = (), least_s: float = 0.0) -> Scenario:
    """Ordinary customers at a level rate, the pulse, and the drill once the state is steady. `mapped` are the target's operations.

    `least_s` is what it gets at least to recover in.

    Raises:
        BadInput: there is no such drill, or nothing can be run by the facts that it states: names file and line.
    """
    path = find(DRILL.folder, DRILL.suffix, drill, DRILL.kind)
    stated = drill_facts(drill) or DrillLimits()
    try:
        return _steady(drill, stated, mapped, least_s)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise BadInput(f"the facts of drill {drill}: {said}", path=path, line=_line_of(stated, path)) from None


def _line_of(stated: DrillLimits, path: Path) -> int:
    """Where a drill's file states a gate that is none; else where it states its facts."""
    wrong = [gate for gate in stated.gates if not _is_gate(gate)]
    lines = path.read_text(errors="replace").splitlines()
    words = ([f'"{wrong[0]}"', f"'{wrong[0]}'"] if wrong else []) + ["facts"]
    return next((number for word in words for number, line in enumerate(lines, 1) if word in line), 1)


def _is_gate(text: str) -> bool:
    try:
        parse_gate(_on(text, "x"))
    except BadInput:
        return False
    return True


def _on(limit: str, drill: str) -> str:
    """A limit of a drill's file as a scenario has it; one that names nothing is on the drill."""
    return limit if " of " in limit else _SIGN.sub(f" of {drill} ", limit, count=1)


def _steady(drill: str, stated: DrillLimits, mapped: Container[str], least_s: float) -> Scenario:
    limits_s = {"deadline_s": max(stated.deadline_s, least_s), "rto_s": max(stated.rto_s, least_s)}
    stated = stated.model_copy(update=limits_s)
    each_s = stated.deadline_s + _WINDOW_S
    at_s = [_STRIKES_S + number * (each_s + _BETWEEN_S) for number in range(stated.strikes)]
    lasts_s = at_s[-1] + each_s + 3
    limits = (f"rto <= {stated.rto_s:g} s", f"rpo <= {stated.rpo_operations}", *stated.gates)
    return Scenario(
        name=f"drill-{drill}",
        describe=f"The drill {drill} over a steady load.",
        population=Population(customers=1000),
        campaign=Campaign(
            kill_switch=stated.kill_switch, prizes=Prizes(stock=stated.stock, per_customer=_AS_OFTEN), budgets=stated.budgets
        ),
        phases=[Phase(name="steady", lasts=lasts_s, arrivals=stated.arrivals_per_s)],
        mix=stated.customers,
        pulse=Pulse(operations=[*stated.pulse, *(way for way in stated.ways if way in mapped)], rate=50.0),
        slo=Slo(read_ms=200, effect_ms=250),
        drills=[
            PlannedDrill(drill=drill, at=f"{at:g} s", deadline=stated.deadline_s, window=_WINDOW_S, long_window=stated.long_window_s)
            for at in at_s
        ],
        gates=[_on(limit, drill) for limit in limits],
        ends_once_recovered=True,
    )
