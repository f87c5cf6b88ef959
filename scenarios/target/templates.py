"""Texts and JSON bodies with placeholders: `{name}` or `{name|filter}`, parsed once, rendered for each request.

A placeholder is filled from a scope, a mapping of names to values. A JSON string that is nothing but one placeholder takes the value with
its type, so `{"amount": "{amount_fen}"}` gives a number. Filters change a value on its way out. `{{` and `}}` stand for braces.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from scenarios.errors import BadInput
from scenarios.harmless import clipped

Scope = Mapping[str, object]
Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def _yuan(fen: object) -> str:
    amount = int(str(fen))
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


FILTERS: dict[str, Callable[[object], object]] = {
    "yuan": _yuan,  # 1234 fen -> "12.34"
    "int": lambda value: int(str(value)),
    "epoch_ms": lambda time: round(datetime.fromisoformat(str(time)).timestamp() * 1000),  # ISO-8601 with its zone -> milliseconds
    "str": str,
}
"""What may stand behind the bar of a placeholder."""

_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z_][\w.]*)(?:\|(\w+))?\}|[{}]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A place that a value of the scope fills."""

    name: str
    filter: str | None = None

    def value(self, scope: Scope) -> object:
        """The value, filtered. Raises BadInput where the scope has no such name."""
        try:
            found = scope[self.name]
        except KeyError:
            known = ", ".join(sorted(scope)) or "nothing"
            raise BadInput(f"nothing is known as {{{self.name}}}; known here: {known}") from None
        return FILTERS[self.filter](found) if self.filter else found


Part = str | Placeholder


def parse(text: str) -> tuple[Part, ...]:
    """Parts of a text: literal strings and placeholders, in order.

    Raises:
        BadInput: a lone brace, or an unknown filter.
    """
    parts: list[Part] = []
    literal, end = "", 0
    for token in _TOKEN.finditer(text):
        literal += text[end : token.start()]
        end = token.end()
        if token[0] in ("{{", "}}"):
            literal += token[0][0]
            continue
        if token[1] is None:
            raise BadInput(
                f"a lone {token[0]!r} in {clipped(text)!r}; {{name}} and {{name|filter}} are placeholders, a brace is written twice"
            )
        if token[2] and token[2] not in FILTERS:
            raise BadInput(f"unknown filter {clipped(token[2])!r} in {clipped(text)!r}; allowed: {', '.join(sorted(FILTERS))}")
        if literal:
            parts.append(literal)
        literal = ""
        parts.append(Placeholder(token[1], token[2]))
    literal += text[end:]
    if literal:
        parts.append(literal)
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A text with placeholders."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, text: str) -> "TextTemplate":
        """Parses it."""
        return cls(parse(text))

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that a scope must have."""
        return frozenset(part.name for part in self.parts if isinstance(part, Placeholder))

    def render(self, scope: Scope) -> str:
        """The text with its placeholders filled."""
        return "".join(part if isinstance(part, str) else str(part.value(scope)) for part in self.parts)

    def bind(self, scope: Scope) -> "TextTemplate":
        """The same text with the placeholders filled that the scope knows, the others left."""
        return TextTemplate(tuple(_merged(_bound(part, scope) for part in self.parts)))


def _bound(part: Part, scope: Scope) -> Part:
    return str(part.value(scope)) if isinstance(part, Placeholder) and part.name in scope else part


def _merged(parts: Iterator[Part]) -> Iterator[Part]:
    literal = ""
    for part in parts:
        if isinstance(part, str):
            literal += part
            continue
        if literal:
            yield literal
        literal = ""
        yield part
    if literal:
        yield literal


@dataclass(frozen=True, slots=True)
class JsonTemplate:
    """A JSON document with placeholders, serialised once: literal bytes, values to be serialised, and texts to be put in quotes."""

    parts: tuple[bytes | Placeholder | TextTemplate, ...]

    @classmethod
    def of(cls, tree: Json) -> "JsonTemplate":
        """Compiles the document."""
        parts: list[bytes | Placeholder | TextTemplate] = []
        for piece in _pieces(tree):
            if isinstance(piece, bytes) and parts and isinstance(parts[-1], bytes):
                parts[-1] += piece
            else:
                parts.append(piece)
        return cls(tuple(parts))

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that a scope must have."""
        names: set[str] = set()
        for part in self.parts:
            if isinstance(part, Placeholder):
                names.add(part.name)
            elif isinstance(part, TextTemplate):
                names |= part.placeholders
        return frozenset(names)

    def bind(self, scope: Scope) -> "JsonTemplate":
        """The same document with the placeholders filled that the scope knows, the others left."""
        parts: list[bytes | Placeholder | TextTemplate] = []
        for part in self.parts:
            piece: bytes | Placeholder | TextTemplate = part
            if isinstance(part, Placeholder) and part.name in scope:
                piece = orjson.dumps(part.value(scope))
            elif isinstance(part, TextTemplate):
                bound = part.bind(scope)
                piece = bound if bound.placeholders else orjson.dumps(bound.render({}))
            if isinstance(piece, bytes) and parts and isinstance(parts[-1], bytes):
                parts[-1] += piece
            else:
                parts.append(piece)
        return JsonTemplate(tuple(parts))

    def render(self, scope: Scope) -> bytes:
        """The document as bytes, its placeholders filled."""
        return b"".join(
            part if isinstance(part, bytes) else orjson.dumps(part.value(scope) if isinstance(part, Placeholder) else part.render(scope))
            for part in self.parts
        )


def _pieces(tree: Json) -> Iterator[bytes | Placeholder | TextTemplate]:
    match tree:
        case dict():
            yield b"{"
            for index, (name, value) in enumerate(tree.items()):
                yield (b"," if index else b"") + orjson.dumps(name) + b":"
                yield from _pieces(value)
            yield b"}"
        case list():
            yield b"["
            for index, value in enumerate(tree):
                if index:
                    yield b","
                yield from _pieces(value)
            yield b"]"
        case str():
            parts = parse(tree)
            if len(parts) == 1 and isinstance(parts[0], Placeholder):
                yield parts[0]
            elif any(isinstance(part, Placeholder) for part in parts):
                yield TextTemplate(parts)
            else:
                yield orjson.dumps("".join(str(part) for part in parts))
        case _:
            yield orjson.dumps(tree)
