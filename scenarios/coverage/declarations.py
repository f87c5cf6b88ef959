"""Declarations beside the code: `PLAN = ("P2-11",)` in a file says that it serves these items of the plan.

Journeys, features of the embedded world, checks, drills and sections of the report have one where they serve any. The files are read and
not run, so that nothing of them must be there but their text.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from scenarios.errors import BadInput
from scenarios.plan.yaml_loading import load_yaml
from scenarios.strict import Strict

ROOT = Path(__file__).resolve().parents[2]
ITEMS = Path(__file__).with_name("items.yaml")

_PLACES = {
    "journey": "locustfiles/journeys",
    "check": "reports/checks",
    "drill": "chaos/drills",
    "section": "reports/output/sections",
    "feature": "mock_bank/services",
}


class Item(Strict):
    """An item of the plan."""

    en: str
    zh: str
    lacks: str = Field(default="", description="what it still has not, where it is rehearsed")
    part_of: str = Field(default="", description="which other part of the rehearsal it belongs to")


class Items(Strict):
    """All of them by their ids, in the plan's order."""

    items: dict[str, Item]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A file that serves some items."""

    kind: str
    name: str
    items: tuple[str, ...]
    title: str = ""  # of a check or a section
    operations: tuple[str, ...] = ()  # of a feature


def plan_items() -> dict[str, Item]:
    """All items by their ids, in the plan's order."""
    return load_yaml(ITEMS, Items).items


def declarations(root: Path = ROOT) -> list[Declaration]:
    """Whatever declares an item.

    Raises:
        BadInput: an item that is declared is none of the plan's.
    """
    known = plan_items()
    found = [one for kind, place in _PLACES.items() for path in sorted((root / place).rglob("*.py")) for one in _declared(kind, path)]
    for one in found:
        if unknown := sorted(set(one.items) - set(known)):
            raise BadInput(f"the {one.kind} {one.name} declares {unknown[0]}, which is no item of the plan")
    return found


def _declared(kind: str, path: Path) -> Iterator[Declaration]:
    constants = _constants(ast.parse(path.read_text(encoding="utf-8")))
    items = constants.get("PLAN")
    if items:
        name = str(constants.get("ID") or (path.parent.name if path.stem == "__init__" else path.stem)).replace("_", "-")
        title = str(constants.get("TITLE", "")).partition(" <")[0]
        yield Declaration(kind, name, tuple(items), title, _operations(path.parent) if kind == "feature" else ())


def _constants(module: ast.Module) -> Mapping[str, Any]:
    """Names that stand for plain values at a module's top."""
    found = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                found[statement.targets[0].id] = ast.literal_eval(statement.value)
            except ValueError:
                continue
    return found


def _operations(folder: Path) -> tuple[str, ...]:
    """The operations that a feature's files make of their handlers."""
    calls = (node for path in sorted(folder.glob("*.py")) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = [
        call.args[0].value
        for call in calls
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "operation"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]
    return tuple(str(name) for name in named)
