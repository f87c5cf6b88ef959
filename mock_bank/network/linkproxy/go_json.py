"""JSON as Toxiproxy's server reads it, which is Go's way: what it lets pass, what it refuses, and in which words.

The first value of a body counts and what follows it does not; of a key that stands twice the last one counts; numbers keep their letters,
so that 1.0 is no whole number.
"""

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"-?[0-9]+")
_LITERALS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_INT64 = range(-(1 << 63), 1 << 63)


class Malformed(Exception):
    """The bytes are no JSON, or not of the kind that is wanted; in Go's words."""


class Number(str):
    """A number, as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Members:
    """An object's keys and values, in the order and as often as they were written."""

    pairs: Sequence[tuple[str, "Value"]]


Value = None | bool | str | Number | list["Value"] | Members


@dataclass(frozen=True, slots=True)
class Shape:
    """What an object may hold: fields that are "string", "bool", "int64", "float32", or objects in their turn; the rest is passed over."""

    name: str  # as errors about a field give it
    go_type: str  # as errors about the whole give it
    fields: Mapping[str, "str | Shape"]


def read(body: bytes) -> Value:
    """The first value of `body`. Raises Malformed where there is none."""
    try:
        return _Reader(body.decode("utf-8", "surrogateescape")).value(0)[0]
    except RecursionError:
        raise Malformed("exceeded max depth") from None


def fill(shape: Shape, value: Value, steps: tuple[str, ...] = ()) -> dict[str, object]:
    """The fields that `value` gives, by the names of `shape` whatever their case; null gives none. `steps` lead to it from the outermost.

    Raises:
        Malformed: the value is no object, or a field is of another kind; the first one is named.
    """
    if value is None:
        return {}
    if not isinstance(value, Members):
        raise Malformed(f"json: cannot unmarshal {_kind_of(value)} into Go value of type {shape.go_type}")
    given: dict[str, object] = {}
    names = {name.casefold(): name for name in shape.fields}
    for key, item in value.pairs:
        name = names.get(key.casefold())
        if name is None or item is None:
            continue
        kind, place = shape.fields[name], f"Go struct field {shape.name}.{'.'.join((*steps, name))}"
        if isinstance(kind, str):
            given[name] = _plain(kind, item, place)
        elif isinstance(item, Members):
            given[name] = fill(kind, item, (*steps, name))
        else:
            raise Malformed(f"json: cannot unmarshal {_kind_of(item)} into {place} of type {kind.go_type}")
    return given


def items(value: Value, go_type: str) -> list[Value]:
    """The items of an array; null has none. Raises Malformed."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f"json: cannot unmarshal {_kind_of(value)} into Go value of type {go_type}")
    return value


def float32(number: float) -> float:
    """The shortest decimal that is the same number in 32 bits. Raises OverflowError."""
    stored = struct.pack("f", number)
    shown = (float(f"{number:.{digits}g}") for digits in range(1, 10))
    return next(short for short in shown if struct.pack("f", short) == stored)


def _plain(kind: str, item: Value, place: str) -> object:
    if isinstance(item, Number):
        if kind == "int64" and _WHOLE.fullmatch(item) and int(item) in _INT64:
            return int(item)
        if kind == "float32":
            try:
                return float32(float(item))
            except OverflowError:
                pass
        found = f"number {item}" if kind in {"int64", "float32"} else "number"
        raise Malformed(f"json: cannot unmarshal {found} into {place} of type {kind}")
    if (kind == "bool" and isinstance(item, bool)) or (kind == "string" and isinstance(item, str)):
        return item
    raise Malformed(f"json: cannot unmarshal {_kind_of(item)} into {place} of type {kind}")


def _kind_of(value: Value) -> str:
    kinds = ((bool, "bool"), (Number, "number"), (str, "string"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "object")


class _Reader:
    """A reader of one text; each method begins at a place and returns what it found and the place behind it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def value(self, at: int) -> tuple[Value, int]:
        at = self._space(at)
        match self.text[at : at + 1]:
            case "":
                raise Malformed("EOF" if not self.text.strip(" \t\r\n") else "unexpected EOF")
            case "{":
                return self._object(at + 1)
            case "[":
                return self._array(at + 1)
            case '"':
                return self._string(at)
            case "t" | "f" | "n":
                return self._literal(at)
            case first if first in "-0123456789":
                return self._number(at)
        raise self._unexpected(at, "looking for beginning of value")

    def _object(self, at: int) -> tuple[Members, int]:
        pairs: list[tuple[str, Value]] = []
        at = self._space(at)
        if self.text[at : at + 1] == "}":
            return Members(pairs), at + 1
        while True:
            if self.text[at : at + 1] != '"':
                raise self._unexpected(at, "looking for beginning of object key string")
            key, at = self._string(at)
            at = self._space(at)
            if self.text[at : at + 1] != ":":
                raise self._unexpected(at, "after object key")
            item, at = self.value(at + 1)
            pairs.append((key, item))
            at, more = self._more(at, "}", "after object key:value pair")
            if not more:
                return Members(pairs), at

    def _array(self, at: int) -> tuple[list[Value], int]:
        found: list[Value] = []
        at = self._space(at)
        if self.text[at : at + 1] == "]":
            return found, at + 1
        while True:
            item, at = self.value(at)
            found.append(item)
            at, more = self._more(at, "]", "after array element")
            if not more:
                return found, at

    def _more(self, at: int, closing: str, where: str) -> tuple[int, bool]:
        at = self._space(at)
        if self.text[at : at + 1] not in {",", closing}:
            raise self._unexpected(at, where)
        return (self._space(at + 1), True) if self.text[at] == "," else (at + 1, False)

    def _string(self, at: int) -> tuple[str, int]:
        found = _STRING.match(self.text, at)
        end = found.end() if found else at
        if self.text[end : end + 1] == '"':
            return json.loads(self.text[at : end + 1]).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), end + 1
        escape = _ESCAPE.match(self.text, end)
        if escape is None:
            raise self._unexpected(end, "in string literal")
        hexadecimal = len(escape[0]) > 1
        raise self._unexpected(escape.end(), "in \\u hexadecimal character escape" if hexadecimal else "in string escape code")

    def _literal(self, at: int) -> tuple[Value, int]:
        word = next(word for word in _LITERALS if word[0] == self.text[at])
        for place, letter in enumerate(word):
            if self.text[at + place : at + place + 1] != letter:
                raise self._unexpected(at + place, f"in literal {word} (expecting {_quoted(letter)})")
        return _LITERALS[word], at + len(word)

    def _number(self, at: int) -> tuple[Number, int]:
        found = _NUMBER.match(self.text, at)
        if found is None:  # a minus without a digit
            raise self._unexpected(at + 1, "in numeric literal")
        end = found.end()
        if self.text[end : end + 1] == "." and "." not in found[0] and "e" not in found[0].lower():
            raise self._unexpected(end + 1, "after decimal point in numeric literal")
        if self.text[end : end + 1] in {"e", "E"} and "e" not in found[0].lower():
            signed = self.text[end + 1 : end + 2] in {"+", "-"}
            raise self._unexpected(end + 1 + signed, "in exponent of numeric literal")
        return Number(found[0]), end

    def _space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _unexpected(self, at: int, where: str) -> Malformed:
        if at >= len(self.text):
            return Malformed("unexpected EOF")
        first_byte = self.text[at].encode("utf-8", "surrogateescape")[0]
        return Malformed(f"invalid character {_quoted(chr(first_byte))} {where}")


def _quoted(letter: str) -> str:
    """One character as Go writes it in single quotes."""
    if letter == "'":
        return r"'\''"
    return "'\"'" if letter == '"' else f"'{json.dumps(letter, ensure_ascii=False)[1:-1]}'"
