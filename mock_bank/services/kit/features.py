"""Finds features: a folder `<service>/<feature>/` is one, and is registered by being there. There is no list to edit.

What may lie in it, none of which must:

    __init__.py     what it is, and NEEDS: the features whose tables and functions its own build on
    tables.sql      its tables; installed after those of the features that it needs
    functions.sql   its functions; in any order, for they are checked when all of them are there
    switches.py     its switches of defects
    *.py            its operations, read-back tables, codes and background tasks: whatever stands there at the top of a module
                    and is of the kind that is looked for

The features in `common/` belong to every service; in their SQL `{schema}` stands for the service's own schema.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final, TypeVar

from mock_bank.services.kit.errors import ServiceError

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = "mock_bank.services"
COMMON: Final = "common"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Service:
    """What a service says of itself: SERVICE in its `service.py`."""

    title: str
    prefix: str  # of the paths of the features that every service has


@dataclass(frozen=True, slots=True)
class Feature:
    """One folder."""

    service: str
    owner: str  # the service's own folder, or `common`
    name: str
    needs: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return ROOT / self.owner / self.name

    @property
    def package(self) -> str:
        """Its name for the import system."""
        return f"{PACKAGE}.{self.owner}.{self.name}"

    def sql(self, file: str) -> str:
        """The text of `tables.sql` or `functions.sql` for this service's schema; empty if it has none."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        return text.replace("{schema}", self.service) if self.owner == COMMON else text

    def modules(self, stem: str = "*") -> Iterator[ModuleType]:
        """All its modules, or the one of that name, by name."""
        for path in sorted(self.folder.glob(f"{stem}.py")):
            yield import_module(self.package if path.stem == "__init__" else f"{self.package}.{path.stem}")


def services() -> tuple[str, ...]:
    """The names of the services: the folders that have a `service.py`."""
    return tuple(sorted(path.parent.name for path in ROOT.glob("*/service.py")))


def about(service: str) -> Service:
    """What that service says of itself."""
    says: Service = import_module(f"{PACKAGE}.{service}.service").SERVICE
    return says


@cache
def features(service: str) -> tuple[Feature, ...]:
    """A service's features, those that others need before these, else by name.

    Raises:
        ServiceError: one needs what is not there, or two need each other; two have one name.
    """
    found: dict[str, Feature] = {}
    for owner in (COMMON, service):
        for path in sorted((ROOT / owner).glob("*/__init__.py")):
            name = path.parent.name
            if name in found:
                raise ServiceError(f"{path.parent}: there is a feature {name} in {found[name].folder.parent} already")
            found[name] = Feature(service, owner, name, tuple(getattr(import_module(f"{PACKAGE}.{owner}.{name}"), "NEEDS", ())))
    for feature in found.values():
        for need in feature.needs:
            if need not in found:
                raise ServiceError(f"{feature.folder}: NEEDS names {need!r}; there are: {', '.join(sorted(found))}")
    try:
        order = TopologicalSorter({name: sorted(found[name].needs) for name in sorted(found)}).static_order()
        return tuple(found[name] for name in order)
    except CycleError as error:
        raise ServiceError(f"{ROOT / service}: features need each other in a circle: {', '.join(error.args[1])}") from None


def find(service: str, kind: type[T], stem: str = "*") -> tuple[T, ...]:
    """Everything of a kind at the top of a module of the service's features, each once, in the order of the features and files.

    With a `stem`, only modules of that name are looked at, and no other is loaded.
    """
    things = (thing for feature in features(service) for module in feature.modules(stem) for thing in vars(module).values())
    return tuple({id(thing): thing for thing in things if isinstance(thing, kind)}.values())
