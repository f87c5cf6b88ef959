"""The faults and drills that there are, by the names of their files: the project's, and the user's own."""

from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from pydantic import JsonValue, ValidationError

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.fault import Fault
from scenarios.errors import BadInput
from scenarios.plan.strikes import PlannedDrill
from scenarios.plugins import DRILL, FAULT, Contract, discover, module, modules, plugin_class
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.strict import Strict

Thing = TypeVar("Thing", bound=Strict)


def all_faults() -> dict[str, type[Fault]]:
    """All faults by name. Raises BadInput where a file breaks the contract of faults."""
    return {name: cast("type[Fault]", plugin_class(FAULT, module)) for name, module in modules(FAULT)}


def all_drills() -> dict[str, type[Drill]]:
    """All drills by name. Raises BadInput where a file breaks the contract of drills."""
    return {name: cast("type[Drill]", plugin_class(DRILL, module)) for name, module in modules(DRILL)}


def build_fault(name: str, parameters: Mapping[str, JsonValue]) -> Fault:
    """A fault from its name and its fields; no other fault's file is read. Raises BadInput."""
    return _build(FAULT, name, cast("type[Fault]", plugin_class(FAULT, module(FAULT, name))), parameters)


def build_drill(planned: PlannedDrill) -> Drill:
    """A drill from a scenario's entry. Raises BadInput where there is none of that name or a setting is not its own."""
    return _build(DRILL, planned.drill, cast("type[Drill]", plugin_class(DRILL, module(DRILL, planned.drill))), planned.settings)


def drill_facts(name: str) -> DrillFacts | None:
    """What a drill states of itself, None where it states nothing. Raises BadInput as `build_drill`."""
    facts = cast("type[Drill]", plugin_class(DRILL, module(DRILL, name))).facts
    if facts is not None and not isinstance(facts, DrillFacts):
        raise BadInput(f"drill {name}: its facts are {facts!r}; allowed: DrillFacts(…)")
    return facts


def plan_steps(planned: PlannedDrill) -> tuple[FaultStep, ...]:
    """What a drill of a scenario will do: its steps, each with a fault that the watchdog can build from its name and fields.

    Raises:
        BadInput: as `build_drill`; or its `steps` raises, or gives something else: names file and line.
    """
    drill = build_drill(planned)
    try:
        steps = tuple(drill.steps())
        for problem in _problems(steps):
            raise TypeError(problem)
    except RAISED as error:
        failure = failure_of(DRILL, planned.drill, error)
        raise BadInput(f"the steps of drill {planned.drill}: {failure.what}", path=failure.file, line=failure.line) from None
    return steps


def _problems(steps: tuple[object, ...]) -> Iterator[str]:
    for step in steps:
        if not isinstance(step, FaultStep) or not isinstance(step.fault, Fault):
            yield f"it gave {step!r}; allowed: FaultStep(fault, …)"
        elif not (step.after_s >= 0 and (step.lasts_s is None or step.lasts_s > 0)):
            yield f"it gave {step!r}; allowed: after_s of 0 or more, lasts_s above 0 or None"
        else:
            yield from _problems_of_fault(step.fault)
    if not any(isinstance(step, FaultStep) and not step.sets_up for step in steps):
        yield "no step of it starts the recovery clock; allowed: one or more that do not set the scene only"


def _problems_of_fault(fault: Fault) -> Iterator[str]:
    """The watchdog is told a fault's name and fields, and must come to the very same."""
    there, name = discover(FAULT.folder, FAULT.suffix), fault.kind()
    if name not in there or plugin_class(FAULT, module(FAULT, name)) is not type(fault):
        yield f"{type(fault).__name__} is no fault of {FAULT.folder}; there are: {', '.join(there)}"
    elif type(fault).model_validate(fault.model_dump(mode="json")) != fault:
        yield f"the fault {name} is not the same when it is built again from its fields"


def _build(contract: Contract, name: str, thing: type[Thing], fields: Mapping[str, JsonValue]) -> Thing:
    try:
        return thing.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        what, allowed = f"{first['msg'][0].lower()}{first['msg'][1:]}", ", ".join(thing.model_fields) or "none"
        raise BadInput(f"{contract.kind} {name}: {place}: {what}; its settings are: {allowed}") from None
