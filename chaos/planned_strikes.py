"""The strikes of a scenario with their faults, built before anything is started; refused where two would hit one part at one time."""

from dataclasses import dataclass
from itertools import combinations

from chaos.drill import FaultStep
from chaos.fault import Scope
from chaos.registry import build_drill
from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plan.strikes import Strike


@dataclass(frozen=True, slots=True)
class PreparedStrike:
    """A strike, and what it breaks, step by step."""

    strike: Strike
    steps: tuple[FaultStep, ...]

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The parts that its faults may hit."""
        return tuple(step.fault.scope() for step in self.steps)

    def shares_with(self, other: "PreparedStrike") -> Scope | None:
        """Where both may hit one part; None where they cannot."""
        return next((mine for mine in self.scopes for its in other.scopes if mine.overlaps(its)), None)


def prepare_strikes(scenario: Scenario) -> list[PreparedStrike]:
    """All strikes by time, each drill asked once for its steps.

    Raises:
        BadInput: a drill or one of its settings is unknown, or two strikes may hit one part between the first one's time and its deadline.
    """
    prepared = [PreparedStrike(strike, build_drill(strike.planned).steps()) for strike in scenario.strikes]
    for earlier, later in combinations(prepared, 2):
        shared = earlier.shares_with(later)
        if shared and later.strike.at_s < earlier.strike.deadline_s:
            raise BadInput(
                f"scenario {scenario.name}: {earlier.strike.id} (from {earlier.strike.at_s:g} s to its deadline at "
                f"{earlier.strike.deadline_s:g} s) and {later.strike.id} (at {later.strike.at_s:g} s) may hit one {shared}; "
                f"let {later.strike.id} strike at {earlier.strike.deadline_s:g} s or later"
            )
    return prepared


def check_drills(scenario: Scenario) -> None:
    """Raises BadInput as `prepare_strikes`."""
    prepare_strikes(scenario)
