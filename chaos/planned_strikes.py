"""The strikes of a scenario with their faults, built before anything is started; refused where two would hit one part at one time.

And where a fault is to last longer than the load: it would be taken back early, and nobody would be there to feel its end.
"""

from dataclasses import dataclass
from itertools import combinations

from chaos.drill import FaultStep
from chaos.errors import NotServed
from chaos.fault import Fault, Scope
from chaos.planned_load import check_surges, step_times
from chaos.registry import drill_facts, plan_steps
from chaos.target_handles import given_handles
from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plan.strikes import Strike
from scenarios.plugins import FAULT
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.target.model import Target


@dataclass(frozen=True, slots=True)
class PreparedStrike:
    """A strike, and what it breaks, step by step."""

    strike: Strike
    steps: tuple[FaultStep, ...]
    scopes: tuple[Scope, ...]  # the parts that its faults may hit

    def shares_with(self, other: "PreparedStrike") -> Scope | None:
        """Where both may hit one part; None where they cannot."""
        return next((mine for mine in self.scopes for its in other.scopes if mine.overlaps(its)), None)

    def last_end(self) -> tuple[float, Fault]:
        """The fault that is struck or taken back last by its own times, and when at the earliest, in seconds since T0."""
        ends = [(at_s + (step.lasts_s or 0.0), step.fault) for at_s, step in step_times(self.strike, self.steps)]
        return max(ends, key=lambda one: one[0])


def prepare_strikes(scenario: Scenario) -> list[PreparedStrike]:
    """All strikes by time, each drill asked once for its steps.

    Raises:
        BadInput: a drill or one of its settings is unknown, or two strikes may hit one part between the first one's time and its deadline.
    """
    prepared = [_prepared(strike) for strike in scenario.strikes]
    for earlier, later in combinations(prepared, 2):
        shared = earlier.shares_with(later)
        if shared and later.strike.at_s < earlier.strike.deadline_s:
            raise BadInput(
                f"scenario {scenario.name}: {earlier.strike.id} (from {earlier.strike.at_s:g} s to its deadline at "
                f"{earlier.strike.deadline_s:g} s) and {later.strike.id} (at {later.strike.at_s:g} s) may hit one {shared}; "
                f"let {later.strike.id} strike at {earlier.strike.deadline_s:g} s or later"
            )
    return prepared


def _prepared(strike: Strike) -> PreparedStrike:
    steps = plan_steps(strike.planned)
    return PreparedStrike(strike, steps, tuple(_scope(step.fault) for step in steps))


def _scope(fault: Fault) -> Scope:
    try:
        scope = fault.scope()
        if not isinstance(scope, Scope):
            raise TypeError(f"its scope is {scope!r}; allowed: Scope(kind=…)")
    except RAISED as error:
        failure = failure_of(FAULT, fault.kind(), error)
        raise BadInput(f"the scope of fault {fault.kind()}: {failure.what}", path=failure.file, line=failure.line) from None
    return scope


def check_drills(scenario: Scenario, target: Target) -> None:
    """Refuses what cannot be drilled as it is planned.

    Raises:
        BadInput: as `prepare_strikes`; or a fault is to last longer than the load.
        NotServed: the target's file does not give a handle that a drill says it needs, says that a drill cannot be, or does not map an
            operation that a surge asks for.
    """
    for planned in scenario.drills:
        if why := target.failover.cannot.get(planned.drill):
            raise NotServed(f"drill {planned.drill} cannot be performed on {target.name}: {why}")
    strikes = prepare_strikes(scenario)
    for prepared in strikes:
        end_s, fault = prepared.last_end()
        if end_s > scenario.lasts_s:
            raise BadInput(
                f"scenario {scenario.name}: {fault.kind()} of {prepared.strike.id} would end at {end_s:g} s, after the load, which ends at "
                f"{scenario.lasts_s:g} s; let it last shorter, strike earlier or the load go on"
            )
    for prepared in strikes:
        check_surges(prepared.strike, prepared.steps, target)
    given = given_handles(target)
    for planned in scenario.drills:
        facts = drill_facts(planned.drill)
        for handle in facts.access if facts else ():
            if handle not in given:
                needs = f"drill {planned.drill} needs the handle {handle!r}"
                gives = ", ".join(given) or "none"
                raise NotServed(f"{needs}, which target {target.name} does not give; it gives: {gives}")
