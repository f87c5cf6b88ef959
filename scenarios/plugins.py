"""Finds things by the folder they lie in: the project's, and the user's own laid out the same way. There is no list to edit."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml
from scenarios.target.model import Target

PROJECT = Path(__file__).resolve().parent.parent
PATH_VARIABLE = "STORMDRILL_PATH"


def roots() -> list[Path]:
    """The user's folders from STORMDRILL_PATH, then the project.

    Raises:
        BadInput: one of them is not there.
    """
    own = [Path(entry).resolve() for entry in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if entry]
    for folder in own:
        if not folder.is_dir():
            raise BadInput(f"the folder of {PATH_VARIABLE} or --path is not there", path=folder)
    return [*own, PROJECT]


def discover(folder: str, suffix: str) -> dict[str, Path]:
    """Files of a folder such as `scenarios/catalog` and its sub-folders by their names, in all roots; the user's own come first."""
    found: dict[str, Path] = {}
    for root in roots():
        for path in sorted((root / folder).rglob(f"*{suffix}")):
            if not path.name.startswith("_"):
                found.setdefault(path.stem.replace("_", "-"), path)
    return dict(sorted(found.items()))


def find(folder: str, suffix: str, name: str, kind: str) -> Path:
    """The file of that name, or the file itself where `name` is a path.

    Raises:
        BadInput: there is none; names what there is.
    """
    if name.endswith(suffix) or "/" in name:
        if Path(name).is_file():
            return Path(name)
        raise BadInput(f"there is no such {kind} file", path=name)
    there = discover(folder, suffix)
    if name in there:
        return there[name]
    close = get_close_matches(name, there, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise BadInput(f"there is no {kind} {name!r}; {hint}there are: {', '.join(there) or 'none'}")


def load_scenario(name: str) -> Scenario:
    """A scenario by its name or file. Raises BadInput."""
    return load_yaml(find("scenarios/catalog", ".yaml", name, "scenario"), Scenario)


def load_target(name: str) -> Target:
    """A target by its name or file. Raises BadInput."""
    return load_yaml(find("scenarios/targets", ".yaml", name, "target"), Target)


def load_module(path: Path, package: str) -> ModuleType:
    """A discovered Python file as a module: under its package's name in the project, under a private one elsewhere."""
    if path.is_relative_to(PROJECT):
        return importlib.import_module(".".join(path.relative_to(PROJECT).with_suffix("").parts))
    name = f"_own.{package}.{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput("is no Python file", path=path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def modules(package: str) -> Iterator[tuple[str, ModuleType]]:
    """All modules of a discovered package such as `chaos.faults`, by name; the user's own come instead of ours of that name."""
    for name, path in discover(package.replace(".", "/"), ".py").items():
        yield name, load_module(path, package)
