"""Texts and JSON bodies with placeholders: `{name}` or `{name|filter}`, parsed once, rendered for each request.

A placeholder is filled from a scope, a mapping of names to values. A JSON string that is nothing but one placeholder takes the value with
its type, so `{"amount": "{amount_fen}"}` gives a number. Filters change a value on its way out, one after the other. `{{` and `}}` stand
for braces.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

import orjson

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.filters import Change, composed, secrets_of
from scenarios.target.named_places import NAME
from scenarios.target.stamps import Fresh, Mark

Scope = Mapping[str, object]
_NOTHING: Scope = MappingProxyType({})
Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


_TOKEN = re.compile(r"\{\{|\}\}|\{(" + NAME + r")(?:\|((?:[^(){}]|\([^(){}]*\))*))?\}|[{}]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A place that a value of the scope fills."""

    name: str
    filter: str | None = None
    """The chain of its filters, as it is spelled."""
    change: Change | None = field(default=None, compare=False, repr=False)
    """What they make of a value; None without filters, and as long as they need a secret that is not known."""

    @classmethod
    def of(cls, name: str, chain: str | None, scope: Scope = _NOTHING) -> "Placeholder":
        """With its filters, whose secrets stand in the scope. Raises BadInput where one is none."""
        return cls(name, chain, None if chain is None else composed(chain, scope))

    @property
    def needs(self) -> frozenset[str]:
        """Names that a scope must have."""
        return frozenset({self.name}) | self._secrets

    @property
    def _secrets(self) -> frozenset[str]:
        return frozenset(f"secret.{name}" for name in secrets_of(self.filter)) if self.filter and self.change is None else frozenset()

    def value(self, scope: Scope) -> object:
        """The value, filtered. Raises BadInput where the scope has no such name."""
        try:
            found = scope[self.name]
        except KeyError:
            raise _unknown(self.name, scope) from None
        if self.filter is None:
            return found.mark(None, None) if isinstance(found, Fresh) else found
        change = self.change or composed(self.filter, scope)
        if change is None:
            raise _unknown(next(iter(self._secrets)), scope)
        if isinstance(found, Fresh):
            return found.mark(self.filter, change)
        try:
            return change(found)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise BadInput(f"{{{self.name}|{self.filter}}} cannot be made: {error}") from None

    def bind(self, scope: Scope) -> "Placeholder":
        """The same with the secrets of its filters, as far as the scope has them."""
        return Placeholder.of(self.name, self.filter, scope) if self._secrets else self


def _unknown(name: str, scope: Scope) -> BadInput:
    known = ", ".join(sorted(scope)) or "nothing"
    return BadInput(f"nothing is known as {{{name}}}; known here: {known}")


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
        if literal:
            parts.append(literal)
        literal = ""
        parts.append(Placeholder.of(token[1], token[2]))
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
        return frozenset().union(*(part.needs for part in self.parts if isinstance(part, Placeholder)))

    def render(self, scope: Scope) -> str:
        """The text with its placeholders filled."""
        return "".join(part if isinstance(part, str) else str(part.value(scope)) for part in self.parts)

    def bind(self, scope: Scope) -> "TextTemplate":
        """The same text with the placeholders filled that the scope knows, the others left."""
        return TextTemplate(tuple(_merged(_bound(part, scope) for part in self.parts)))


def _bound(part: Part, scope: Scope) -> Part:
    if isinstance(part, str):
        return part
    part = part.bind(scope)
    return str(part.value(scope)) if part.name in scope else part


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


FORM = "application/x-www-form-urlencoded"
Encode = Callable[[object], bytes]
BodyPart = bytes | Placeholder | TextTemplate


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: literal bytes, values to be encoded, and texts with placeholders to be encoded as a whole."""

    parts: tuple[BodyPart, ...]
    encode: Encode = orjson.dumps
    content_type: str = "application/json"

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that a scope must have."""
        return frozenset().union(
            *(part.needs if isinstance(part, Placeholder) else part.placeholders for part in self.parts if not isinstance(part, bytes))
        )

    @property
    def is_form(self) -> bool:
        """Whether it is a form's fields."""
        return self.content_type.partition(";")[0].strip().lower() == FORM

    def bind(self, scope: Scope) -> Self:
        """The same with the placeholders filled that the scope knows, the others left."""
        parts: list[BodyPart] = []
        for part in self.parts:
            piece: BodyPart = part
            if isinstance(part, Placeholder):
                piece = self._encoded(part.value(scope)) if part.name in scope else part.bind(scope)
            elif isinstance(part, TextTemplate):
                bound = part.bind(scope)
                piece = bound if bound.placeholders else self.encode(bound.render({}))
            if isinstance(piece, bytes) and parts and isinstance(parts[-1], bytes):
                parts[-1] += piece
            else:
                parts.append(piece)
        return replace(self, parts=tuple(parts))

    def render(self, scope: Scope) -> bytes:
        """Its bytes, the placeholders filled."""
        return b"".join(
            part if isinstance(part, bytes) else self._encoded(part.value(scope) if isinstance(part, Placeholder) else part.render(scope))
            for part in self.parts
        )

    def told_as(self, content_type: str, charset: str) -> Self:
        """The same under another content type, in another character set."""
        if charset == "utf-8":
            return replace(self, content_type=content_type or self.content_type)
        encode, parts = self.encode, tuple(_recoded(part, charset) if isinstance(part, bytes) else part for part in self.parts)
        return replace(self, parts=parts, encode=lambda value: _recoded(encode(value), charset), content_type=content_type)

    def _encoded(self, value: object) -> bytes:
        return value.placed(self.content_type, self.encode) if isinstance(value, Mark) else self.encode(value)


def _recoded(data: bytes, charset: str) -> bytes:
    return data.decode().encode(charset, "replace")


@dataclass(frozen=True, slots=True)
class JsonTemplate(Body):
    """A JSON document with placeholders, serialised once: literal bytes, values to be serialised, and texts to be put in quotes."""

    @classmethod
    def of(cls, tree: Json) -> Self:
        """Compiles the document."""
        parts: list[BodyPart] = []
        for piece in _pieces(tree):
            if isinstance(piece, bytes) and parts and isinstance(parts[-1], bytes):
                parts[-1] += piece
            else:
                parts.append(piece)
        return cls(tuple(parts))


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
