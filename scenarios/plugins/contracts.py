"""What a plug-in of each kind must have. It stands here once; whoever loads one holds it to that, before anything is started.

Data only: a base class is named, not imported, so that this knows no other folder of the project.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, get_args

from pydantic.errors import PydanticUserError

from scenarios.target.readback import Role

Predicate = Callable[[Any, str], bool]
"""Whether a value is as it must be; the second argument is the plug-in's name."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a plug-in's file must define."""

    name: str  # empty: it is called like the file
    allowed: str
    holds: Predicate
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A kind of plug-in."""

    kind: str
    plural: str
    folder: str
    suffix: str = ".py"
    items: tuple[Item, ...] = ()
    base: str = ""  # MODULE:CLASS of which the file defines exactly one, all of its methods there
    helpers: bool = False  # a file may define no such class: then it only helps those that do
    made_from: str = ""  # the one argument that such a class takes
    main: str = ""  # a folder with a file of this name is one plug-in, of which all files in it are parts

    @property
    def package(self) -> str:
        """The folder as Python imports it."""
        return self.folder.replace("/", ".")


@dataclass(frozen=True, slots=True)
class Breach:
    """What a plug-in lacks: a sentence, and the name in its file that it is about."""

    what: str
    name: str = ""


def takes(count: int) -> Predicate:
    """A function that can be called with so many arguments."""

    def holds(value: Any, _name: str) -> bool:
        try:
            inspect.signature(value).bind(*[None] * count)
        except (TypeError, ValueError):
            return False
        return True

    return holds


def _is_text(value: Any, _name: str) -> bool:
    return isinstance(value, str)


def _is_number(value: Any, _name: str) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _one_of(*words: str) -> Predicate:
    return lambda value, _name: isinstance(value, str) and value in words


def _some_of(*words: str) -> Predicate:
    return lambda value, _name: isinstance(value, tuple) and all(isinstance(word, str) and word in words for word in value)


def _are_texts(value: Any, _name: str) -> bool:
    return isinstance(value, tuple) and all(isinstance(text, str) for text in value)


def _quoted(*words: str) -> str:
    return ", ".join(map(repr, words))


_CHECKED = ("invariant", "validity", "recovery", "gate")
_TAINTED = ("traffic", "pulse", "effects")

SCENARIO = Contract("scenario", "scenarios", "scenarios/catalog", ".yaml")
TARGET = Contract("target", "targets", "scenarios/targets", ".yaml", main="target.yaml")
JOURNEY = Contract(
    "journey",
    "journeys",
    "locustfiles/journeys",
    items=(
        Item(
            "",
            "a generator function that takes the customer",
            lambda value, name: inspect.isgeneratorfunction(value) and takes(1)(value, name),
        ),
    ),
)
DRILL = Contract("drill", "drills", "chaos/drills", base="chaos.drill:Drill")
FAULT = Contract("fault", "faults", "chaos/faults", base="chaos.fault:Fault")
HANDLE = Contract("handle", "handles", "chaos/handles", base="chaos.handles.handle:Handle", helpers=True, made_from="address")
CHECK = Contract(
    "check",
    "checks",
    "reports/checks",
    items=(
        Item("ID", "the file's name, with - for _", lambda value, name: value == name),
        Item("TITLE", "a few words", lambda value, _name: isinstance(value, str) and bool(value)),
        Item("KIND", f"one of {_quoted(*_CHECKED)}", _one_of(*_CHECKED)),
        Item("TAINTS", f"a tuple of some of {_quoted(*_TAINTED)}", _some_of(*_TAINTED), optional=True),
        Item("EXPLAINED_BY", "a tuple of checks' names", _are_texts, optional=True),
        Item("READS", f"a tuple of roles of the read-back: {_quoted(*get_args(Role))}", _some_of(*get_args(Role)), optional=True),
        Item("check", "a function that takes the evidence and gives a Finding or several", takes(1)),
    ),
)
MEASURE = Contract("measure", "measures", "reports/measures")
SECTION = Contract(
    "section",
    "sections",
    "reports/output/sections",
    items=(
        Item("ORDER", "a number", _is_number),
        Item("TITLE", "a text, empty for none", _is_text),
        Item("section", "a function that takes the report and gives HTML", takes(1)),
    ),
)

METRIC = Contract(
    "metric outlet",
    "metrics",
    "stormdrill/metrics/outlets",
    items=(
        Item("PLACE", "a text: how --metrics names a place, as 'name:FILE'", lambda value, _name: isinstance(value, str) and bool(value)),
        Item("opened", "a function that takes the place and a function to tell people, and gives a context with the outlet", takes(2)),
    ),
)

CONTRACTS: tuple[Contract, ...] = (SCENARIO, TARGET, JOURNEY, DRILL, FAULT, HANDLE, CHECK, MEASURE, SECTION, METRIC)
"""All kinds, in the order of a rehearsal."""


def breaches(contract: Contract, name: str, module: ModuleType) -> Iterator[Breach]:
    """What a loaded file lacks to be a plug-in of its kind."""
    for item in contract.items:
        wanted = item.name or name.replace("-", "_")
        if not hasattr(module, wanted):
            if not item.optional:
                yield Breach(f"a {contract.kind} needs {wanted}: {item.allowed}")
        elif not item.holds(getattr(module, wanted), name):
            yield Breach(f"{wanted} of a {contract.kind} must be {item.allowed}", wanted)
    if contract.base:
        yield from _breaches_of_class(contract, module)


def classes(contract: Contract, module: ModuleType) -> list[type]:
    """The classes of the contract's base that a module defines itself; those whose name begins with _ are nobody else's business."""
    own = dict.fromkeys(thing for thing in vars(module).values() if isinstance(thing, type) and thing.__module__ == module.__name__)
    return [thing for thing in own if not thing.__name__.startswith("_") and _base(contract, thing) is not None]


def _base(contract: Contract, thing: type) -> type | None:
    """The contract's base among a class's own bases."""
    return next((base for base in thing.__mro__[1:] if f"{base.__module__}:{base.__qualname__}" == contract.base), None)


def _breaches_of_class(contract: Contract, module: ModuleType) -> Iterator[Breach]:
    found, base_name = classes(contract, module), contract.base.partition(":")[2]
    if len(found) > 1 or not (found or contract.helpers):
        second = found[1].__name__ if found else ""
        origin = contract.base.replace(":", ".")
        yield Breach(f"a {contract.kind}'s file needs exactly one {base_name} (of {origin}), and has {len(found)}", second)
        return
    for thing in found:
        base = _base(contract, thing)
        needed = sorted(getattr(base, "__abstractmethods__", ()))
        lacking = sorted(getattr(thing, "__abstractmethods__", ()))
        if lacking:
            yield Breach(f"{thing.__name__} lacks {', '.join(lacking)}; a {contract.kind} needs: {', '.join(needed)}", thing.__name__)
        for name, method in vars(base).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                wanted = inspect.signature(method)
                if not takes(len(wanted.parameters))(getattr(thing, name), name):
                    yield Breach(f"{thing.__name__}.{name} must take ({', '.join(wanted.parameters)})", thing.__name__)
        if contract.made_from and not lacking and not takes(1)(thing, ""):
            yield Breach(f"{thing.__name__} must be made from ({contract.made_from}) alone", thing.__name__)
        yield from _breaches_of_fields(contract, thing)


def _breaches_of_fields(contract: Contract, thing: type) -> Iterator[Breach]:
    """Settings are written in YAML and kept in JSON."""
    try:
        thing.model_json_schema() if hasattr(thing, "model_json_schema") else None
    except PydanticUserError as error:
        sentence = str(error).partition("\n")[0]
        yield Breach(
            f"a field of {thing.__name__} cannot be written as JSON, as those of a {contract.kind} must be: {sentence}", thing.__name__
        )
