"""The strikes of a scenario with their faults, built before anything is started; refused where two would hit one part at one time."""

from dataclasses import dataclass
from itertools import combinations

from chaos.drill import FaultStep
from chaos.fault import Fault, Scope
from chaos.registry import drill_facts, plan_steps
from chaos.target_handles import handle_kind
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
    """Raises BadInput as `prepare_strikes`; or where the target's file does not give a handle that a drill says it needs."""
    prepare_strikes(scenario)
    for planned in scenario.drills:
        facts = drill_facts(planned.drill)
        for handle in facts.access if facts else ():
            if handle not in map(handle_kind, target.handles):
                needs = f"drill {planned.drill} needs the handle {handle!r}"
                gives = ", ".join(target.handles) or "none"
                raise BadInput(f"{needs}, which target {target.name} does not give; it gives: {gives}")
