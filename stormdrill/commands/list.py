"""`stormdrill list`: what is there to choose from, with the first line that each says of itself."""

import ast
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scenarios.harmless import harmless
from scenarios.plugins import discover, load_scenario, load_target

_PYTHON = {"journeys": "locustfiles/journeys", "drills": "chaos/drills", "faults": "chaos/faults", "checks": "reports/checks"}


def first_line(path: Path) -> str:
    """First line of a module's docstring, read without running it (journeys import Locust, the door does not)."""
    doc = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    return doc.splitlines()[0] if doc else ""


def show_list(console: Console) -> None:
    """Prints all of it."""
    entries: dict[str, list[tuple[str, str]]] = {
        "scenarios": [(name, load_scenario(name).describe) for name in discover("scenarios/catalog", ".yaml")],
        "targets": [(name, load_target(name).describe) for name in discover("scenarios/targets", ".yaml")],
    }
    for kind, folder in _PYTHON.items():
        entries[kind] = [(name, first_line(path)) for name, path in discover(folder, ".py").items()]
    for kind, members in entries.items():
        table = Table(box=None, show_header=False, padding=(0, 2), title=kind, title_justify="left", title_style="bold")
        for name, line in members:
            table.add_row(Text(harmless(name)), Text(harmless(line)))
        console.print(table)
        console.print()
