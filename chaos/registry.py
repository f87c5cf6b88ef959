"""The faults and drills that there are, by the names of their files: the project's, and the user's own."""

from collections.abc import Mapping
from types import ModuleType
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from chaos.drill import Drill
from chaos.fault import Fault
from scenarios.errors import BadInput
from scenarios.plan.strikes import PlannedDrill
from scenarios.plugins import DRILL, FAULT, modules
from scenarios.target.model import Strict

Thing = TypeVar("Thing", bound=Strict)


def all_faults() -> dict[str, type[Fault]]:
    """All faults by name. Raises BadInput where a file holds none or more than one."""
    return {name: _only(module, Fault) for name, module in modules(FAULT)}  # type: ignore[type-abstract]  # looked for, not built


def all_drills() -> dict[str, type[Drill]]:
    """All drills by name. Raises BadInput where a file holds none or more than one."""
    return {name: _only(module, Drill) for name, module in modules(DRILL)}  # type: ignore[type-abstract]  # as above


def build_fault(name: str, parameters: Mapping[str, JsonValue]) -> Fault:
    """A fault from its name and its fields. Raises BadInput."""
    return _build(all_faults(), "fault", name, parameters)


def build_drill(planned: PlannedDrill) -> Drill:
    """A drill from a scenario's entry. Raises BadInput where there is none of that name or a setting is not its own."""
    return _build(all_drills(), "drill", planned.drill, planned.settings)


def _build(there: dict[str, type[Thing]], what: str, name: str, fields: Mapping[str, JsonValue]) -> Thing:
    if name not in there:
        raise BadInput(f"there is no {what} {name!r}; there are: {', '.join(there)}")
    try:
        return there[name].model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        allowed = ", ".join(there[name].model_fields) or "none"
        raise BadInput(f"{what} {name}: {place}: {first['msg'][0].lower()}{first['msg'][1:]}; its settings are: {allowed}") from None


def _only(module: ModuleType, kind: type[Thing]) -> type[Thing]:
    own = [thing for thing in vars(module).values() if isinstance(thing, type) and thing.__module__ == module.__name__]
    found = [thing for thing in own if issubclass(thing, kind)]
    if len(found) != 1:
        raise BadInput(f"needs exactly one {kind.__name__}, and has {len(found)}", path=module.__file__)
    return found[0]
