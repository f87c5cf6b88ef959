"""`stormdrill list`: what is there to choose from, with the first line that each says of itself."""

import ast
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chaos.registry import drill_facts
from scenarios.errors import BadInput, choices
from scenarios.harmless import harmless
from scenarios.plugins import CONTRACTS, DRILL, SCENARIO, TARGET, Contract, discover, load_scenario, load_target
from scenarios.plugins.importing import source

_KINDS = {contract.plural: contract for contract in CONTRACTS}


def show(kind: Annotated[str, typer.Argument(help=f"one kind alone: {', '.join(_KINDS)}")] = "") -> None:
    """What there is to choose from, of all kinds or of one."""
    if kind and kind not in _KINDS:
        raise BadInput(f"there is no kind {kind!r}; {choices(kind, _KINDS)}")
    console = Console(highlight=False)
    for contract in [_KINDS[kind]] if kind else CONTRACTS:
        table = Table(box=None, show_header=False, padding=(0, 2), title=contract.plural, title_justify="left", title_style="bold")
        for name, line in _entries(contract):
            table.add_row(Text(harmless(name)), Text(harmless(line)))
            for fact in _facts(name) if kind == DRILL.plural else ():
                table.add_row("", Text(harmless(fact)))
        console.print(table)
        console.print()


def _entries(contract: Contract) -> list[tuple[str, str]]:
    """Names and what they say of themselves."""
    found = discover(contract.folder, contract.suffix, contract.main)
    if contract is SCENARIO:
        return [(name, load_scenario(name).describe) for name in found]
    if contract is TARGET:
        return [(name, load_target(name).describe) for name in found]
    return [(name, first_line(path)) for name, path in found.items()]


def _facts(drill: str) -> list[str]:
    """What a drill states of itself, a line each; a file of drills alone is run for it, and only where drills are asked for."""
    facts = drill_facts(drill)
    if facts is None:
        return ["states no facts of itself"]
    times = f", each of {facts.strikes} times" if facts.strikes > 1 else ""
    return [
        f"domain      {facts.domain}",
        f"hypothesis  {facts.hypothesis}",
        f"hits        {facts.blast_radius}",
        f"needs       {', '.join(facts.access) or 'no handle'}",
        f"limits      RTO {facts.rto_s:g} s, RPO {facts.rpo_operations} operations, deadline {facts.deadline_s:g} s{times}",
        *(f"{'' if number else 'gates':<10}  {gate}" for number, gate in enumerate(facts.gates)),
    ]


def first_line(path: Path) -> str:
    """First line of a module's docstring, read without running it (a journey may import Locust, which the door does not).

    Raises:
        BadInput: it is no Python.
    """
    try:
        doc = ast.get_docstring(ast.parse(source(path), path))
    except SyntaxError as error:
        raise BadInput(f"is no Python: {error.msg}", path=path, line=error.lineno) from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"is no Python: {error}", path=path) from None
    return doc.splitlines()[0] if doc else ""
