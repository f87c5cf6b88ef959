"""Plug-ins: whatever is found by the folder it lies in, the project's own and the user's, and held to the contract of its kind."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from scenarios.own_code import PATH_VARIABLE
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml_parts
from scenarios.plugins.contracts import (
    CHECK,
    CONTRACTS,
    DRILL,
    FAULT,
    HANDLE,
    JOURNEY,
    MEASURE,
    METRIC,
    SCENARIO,
    SECTION,
    TARGET,
    Contract,
    classes,
)
from scenarios.plugins.folders import PROJECT, discover, find, find_named, parts, roots
from scenarios.plugins.importing import load
from scenarios.target.model import SECTIONS, Target

__all__ = [
    "CHECK",
    "CONTRACTS",
    "DRILL",
    "FAULT",
    "HANDLE",
    "JOURNEY",
    "MEASURE",
    "METRIC",
    "PATH_VARIABLE",
    "PROJECT",
    "SCENARIO",
    "SECTION",
    "TARGET",
    "Contract",
    "classes",
    "discover",
    "find",
    "load_scenario",
    "load_target",
    "module",
    "modules",
    "names",
    "plugin_class",
    "roots",
]


def load_scenario(name: str) -> Scenario:
    """A scenario by its name or file. Raises BadInput."""
    return load_yaml_parts(_scenario_files(name), Scenario, frozenset(), ("like", _scenario_files))


def load_target(name: str) -> Target:
    """A target by its name, its file, or the folder of its files. Raises BadInput."""
    return load_yaml_parts(_target_files(name), Target, SECTIONS, ("like", _target_files))


def _scenario_files(name: str) -> list[Path]:
    return [find(SCENARIO.folder, SCENARIO.suffix, name, SCENARIO.kind)]


def _target_files(name: str) -> list[Path]:
    path = find(TARGET.folder, TARGET.suffix, name, TARGET.kind, TARGET.main)
    return parts(path, TARGET.suffix, TARGET.main) if path.is_dir() else [path]


def names(contract: Contract) -> list[str]:
    """What there is of a kind; nothing is loaded. Raises BadInput where a name stands twice in a folder."""
    return list(discover(contract.folder, contract.suffix, contract.main))


def module(contract: Contract, name: str) -> ModuleType:
    """The file of a plug-in of that name, loaded.

    Raises:
        BadInput: there is none, it cannot be loaded, or it lacks what its kind must have; names file and line.
    """
    return load(contract, name, find_named(contract.folder, contract.suffix, name, contract.kind))


def plugin_class(contract: Contract, module: ModuleType) -> type:
    """The class that a loaded plug-in of a kind of classes defines."""
    return classes(contract, module)[0]


def modules(contract: Contract) -> Iterator[tuple[str, ModuleType]]:
    """All files of a kind, loaded, by name; the user's own come instead of ours of that name. Raises BadInput as `module`."""
    for name, path in discover(contract.folder, contract.suffix).items():
        yield name, load(contract, name, path)
