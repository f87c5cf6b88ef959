"""Which operations each journey asks for: read from their files, none of which is run for it."""

import ast
import re
from collections.abc import Iterable

from scenarios.errors import BadInput
from scenarios.plugins.contracts import JOURNEY
from scenarios.plugins.folders import discover
from scenarios.plugins.importing import source

_NAME = re.compile(r"[a-z_]\w*\.[a-z_]\w*")  # of an operation; the head of one that is put together (f"right.{tier}") is none


def asked_operations() -> dict[str, frozenset[str]]:
    """The operations that each journey names, but for what it asks only where it is offered. Raises BadInput as `discover`."""
    asked = {}
    for name, path in discover(JOURNEY.folder, JOURNEY.suffix).items():
        try:
            asked[name] = _named_in(source(path))
        except (BadInput, OSError, ValueError, SyntaxError, RecursionError, MemoryError):
            asked[name] = frozenset()  # who loads it says what is wrong
    return asked


def _named_in(text: bytes) -> frozenset[str]:
    """Texts of the form `noun.verb` in a journey's file: operations are always named by such; but for what is asked where it is offered."""
    nodes = list(ast.walk(ast.parse(text)))
    texts = _texts(nodes) - _texts(
        argument for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "offered" for argument in node.args
    )
    return frozenset(text for text in texts if _NAME.fullmatch(text))


def _texts(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
