"""What journeys give with their questions, by name: read from their files, none of which is run for it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from scenarios.errors import BadInput
from scenarios.plugins.contracts import JOURNEY
from scenarios.plugins.folders import discover, own_roots
from scenarios.plugins.importing import source
from scenarios.target.people import ARGUMENTS


def given_names() -> frozenset[str]:
    """Names that some journey or the pulse gives. Raises BadInput as `discover`.

    Of the user's own code every word that could be such a name is taken for one, for it may be given in ways that its text does not show.
    """
    given = {
        call.arg for path in discover(JOURNEY.folder, JOURNEY.suffix).values() for call in _nodes(path) if isinstance(call, ast.keyword)
    }
    own = (path for root in own_roots() for path in (root / Path(JOURNEY.folder).parts[0]).rglob(f"*{JOURNEY.suffix}"))
    words = {word for path in own for node in _nodes(path) if (word := _word(node))}
    return ARGUMENTS | words | {name for name in given if name}


def _word(node: ast.AST) -> str | None:
    said = getattr(node, "arg", None) or getattr(node, "value", None)
    return said if isinstance(said, str) and said.isidentifier() else None


def _nodes(path: Path) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(ast.parse(source(path)))
    except (BadInput, OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return  # who loads it says what is wrong
