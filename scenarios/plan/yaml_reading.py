"""YAML text as plain values: the core of YAML 1.2, without tags, and within limits that are said.

A file comes from somebody else. Read without limits, a few hundred bytes of aliases fill the memory, a thousand brackets end the
interpreter, the second of two keys wins in silence, and `no`, `010` or `1:30` are not what they look like.
"""

import math
import re
from collections.abc import Callable

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from scenarios.harmless import clipped

MOST_DEPTH = 32
MOST_VALUES = 20_000
"""Each alias counts for all that it stands for."""
MOST_DIGITS = 19
LEAST_INT, MOST_INT = -(2**63), 2**63 - 1
_BASES = {"0o": 8, "0x": 16}

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Tree = yaml.Node | None

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_SCALARS: dict[str, tuple[str, str]] = {
    # kind: the first characters of a plain scalar that may be one, and the whole of it
    "null": ("~nN\0", r"~|null|Null|NULL|"),
    "bool": ("tTfF", r"true|True|TRUE|false|False|FALSE"),
    "int": ("-+0123456789", r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": ("-+.0123456789", r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"),
    "merge": ("<", r"<<"),
}


class BadYaml(Exception):
    """What is wrong with a text, and in which line (1-based) where that is known."""

    def __init__(self, what: str, line: int | None = None) -> None:
        """The sentence."""
        super().__init__(what)
        self.what = what
        self.line = line


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes nodes; refuses what is too deep or too much while it does."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self._depth = 0
        self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._nodes += 1
        _check_size(self._depth, self._nodes, self.line + 1)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


for _kind, (_first, _whole) in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"^(?:{_whole})$"), ["" if char == "\0" else char for char in _first])


def read_yaml(text: str) -> tuple[Plain, Tree]:
    """The values of a text, and its nodes, which know their lines.

    Raises:
        BadYaml: it is no YAML, breaks a limit, has a key twice, or a tag of its own.
    """
    try:
        tree = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise BadYaml(f"is no YAML: {clipped(error.problem)}", error.problem_mark.line + 1 if error.problem_mark else None) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadYaml(f"is no YAML: it has the character {clipped(chr(int(error.character)))}", line) from None
    except (ValueError, OverflowError):  # of an escape such as "\UFFFFFFFF"
        raise BadYaml("is no YAML: an escape in it stands for no character") from None
    return (None if tree is None else _Values().of(tree)), tree


def _check_size(depth: int, values: int, line: int) -> None:
    if depth > MOST_DEPTH:
        raise BadYaml(f"nests more than {MOST_DEPTH} levels deep", line)
    if values > MOST_VALUES:
        raise BadYaml(f"has more than {MOST_VALUES:,} values, what aliases stand for included", line)


class _Values:
    """Turns nodes into values, and counts them."""

    def __init__(self) -> None:
        self._count = 0

    def of(self, node: yaml.Node, depth: int = 0) -> Plain:
        self._count += 1
        _check_size(depth, self._count, _line(node))
        if isinstance(node, yaml.MappingNode):
            _check_tag(node, "map")
            return self._mapping(node, depth + 1)
        if isinstance(node, yaml.SequenceNode):
            _check_tag(node, "seq")
            return [self.of(member, depth + 1) for member in node.value]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        merged: dict[str, Plain] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged = {**self._merged(value, depth), **merged}
                continue
            name = _key(key)
            if name in found:
                raise BadYaml(f"has the key {clipped(name)!r} twice", _line(key))
            found[name] = self.of(value, depth)
        return {**merged, **found}

    def _merged(self, node: yaml.Node, depth: int) -> dict[str, Plain]:
        """What `<<` brings in: one mapping, or several of which the first has the last word."""
        among: dict[str, Plain] = {}
        for member in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(member, yaml.MappingNode):
                raise BadYaml("merges (<<) what is no mapping", _line(member))
            self._count += 1
            _check_size(depth, self._count, _line(member))
            among = {**self._mapping(member, depth + 1), **among}
        return among


def _key(node: yaml.Node) -> str:
    """A key as it is written, also where it looks like a number."""
    if not isinstance(node, yaml.ScalarNode):
        raise BadYaml("has a list or a mapping for a key; keys are text", _line(node))
    if node.tag != f"{_TAG}str":
        _scalar(node)  # a tag, or a number beyond its limits
    return _sound(node.value, node)


def _scalar(node: yaml.Node) -> Plain:
    kind, text = node.tag.removeprefix(_TAG), node.value
    if kind in ("str", "merge"):
        return _sound(text, node)
    if kind not in _READ:
        raise BadYaml(f"has the tag {clipped(node.tag)!r}; tags are not allowed", _line(node))
    if not re.fullmatch(_SCALARS[kind][1], text):
        raise BadYaml(f"{clipped(text)!r} is no {kind}", _line(node))
    try:
        return _READ[kind](text)
    except ValueError as error:
        raise BadYaml(f"the number {clipped(text, 40)} {error}", _line(node)) from None


def _int(text: str) -> int:
    plain = text.replace("_", "")
    base = _BASES.get(plain[:2], 10)
    digits = plain[2:] if plain[:2] in _BASES else plain
    if len(digits.lstrip("-+0")) > MOST_DIGITS or not LEAST_INT <= int(digits, base) <= MOST_INT:
        raise ValueError("is beyond 64 bits")
    return int(digits, base)


def _float(text: str) -> float:
    plain = text.replace("_", "").lower()
    number = math.inf if plain.endswith(("inf", "nan")) else float(plain)
    if not math.isfinite(number):
        raise ValueError("is not finite")
    return number


_READ: dict[str, Callable[[str], Plain]] = {"null": lambda _: None, "bool": lambda text: text[0] in "tT", "int": _int, "float": _float}


def _check_tag(node: yaml.Node, kind: str) -> None:
    if node.tag != _TAG + kind:
        raise BadYaml(f"has the tag {clipped(node.tag)!r}; tags are not allowed", _line(node))


def _sound(text: str, node: yaml.Node) -> str:
    """A text that can be written down: half a surrogate pair can not."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise BadYaml(f"has half a character: {clipped(text, 40)}", _line(node))
    return str(text)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
