"""What the drills of a scenario add to its load: planned before T0, from the drills' steps, for their strikes' times."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

from pydantic import ValidationError

from chaos.drill import FaultStep
from chaos.errors import NotServed
from chaos.faults.load_surge import LoadSurge
from chaos.registry import plan_steps
from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plan.strikes import Strike
from scenarios.plan.surges import Surge
from scenarios.target.model import Target


def step_times(strike: Strike, steps: Sequence[FaultStep]) -> Iterator[tuple[float, FaultStep]]:
    """When each step of a strike begins, in seconds since T0: by the plan, which waits for no effect."""
    return zip(islice(accumulate((step.after_s for step in steps), initial=strike.at_s), 1, None), steps, strict=True)


def surge_times(strike: Strike, steps: Sequence[FaultStep]) -> Iterator[tuple[float, FaultStep, LoadSurge]]:
    """When each surge of a strike begins, as `step_times`, with its step."""
    for at_s, step in step_times(strike, steps):
        if isinstance(step.fault, LoadSurge):
            yield at_s, step, step.fault


def with_surges(scenario: Scenario) -> Scenario:
    """The scenario with the load that its drills add, and no other surges. Called again it changes nothing.

    Raises:
        BadInput: a drill is unknown or cannot be built, a surge has no end, or more customers would come than are allowed.
    """
    surges = [surge for strike in scenario.strikes for surge in _surges(strike)]
    try:
        return Scenario.model_validate(scenario.model_dump() | {"surges": [surge.model_dump() for surge in surges]})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]["msg"]
        raise BadInput(f"scenario {scenario.name}, with the load that its drills add: {first}") from None


def check_surges(strike: Strike, steps: Sequence[FaultStep], target: Target) -> None:
    """Raises NotServed where a surge of a strike asks for an operation that the target's file does not map."""
    for _, _, surge in surge_times(strike, steps):
        for operation in surge.operations:
            if operation not in target.operations:
                raise NotServed(
                    f"drill {strike.drill} asks for the operation {operation!r}, which target {target.name} does not map; "
                    f"it maps: {', '.join(sorted(target.operations))}"
                )


def _surges(strike: Strike) -> Iterator[Surge]:
    for at_s, step, surge in surge_times(strike, plan_steps(strike.planned)):
        if step.lasts_s is None:
            raise BadInput(f"drill {strike.drill}: a load-surge needs an end; give its step lasts_s")
        yield Surge(strike=strike.drill, at_s=at_s, lasts_s=step.lasts_s, times=surge.times, mix=surge.mix)
