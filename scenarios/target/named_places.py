"""Where in a file something is named, so that a sentence about it can tell the line."""

import re
from collections.abc import Iterator

Place = tuple[str | int, ...]

NAME = r"[A-Za-z_][\w.]*(?:-\w[\w.]*)*"
"""What a placeholder may be called, as a pattern."""


def named_in(tree: object, pattern: "re.Pattern[str]", place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Each text of a document in which the pattern is found, by its place, with what its first group has taken."""
    if isinstance(tree, str):
        yield from ((place, found[1]) for found in pattern.finditer(tree))
    elif isinstance(tree, dict):
        for name, inner in tree.items():
            yield from named_in(inner, pattern, (*place, name))
    elif isinstance(tree, list):
        for number, inner in enumerate(tree):
            yield from named_in(inner, pattern, (*place, number))
