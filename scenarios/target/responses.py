"""An answer as it came, and paths into it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter

import orjson

from scenarios.errors import BadInput
from scenarios.harmless import clipped

_UNREAD = object()


class Response:
    """Status, headers (lower-case names) and body of an HTTP answer; the JSON document is parsed when first asked for."""

    __slots__ = ("_document", "body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keeps what came."""
        self.status = status
        self.headers = headers
        self.body = body
        self._document: object = _UNREAD

    @property
    def document(self) -> object:
        """The parsed body; None where it is not JSON."""
        if self._document is _UNREAD:
            try:
                self._document = parsed(self.body)
            except orjson.JSONDecodeError:
                self._document = None
        return self._document


def parsed(body: bytes) -> object:
    """A JSON document, in which whole numbers beyond 64 bits stay what they are: texts. Raises orjson.JSONDecodeError."""
    document: object = orjson.loads(body)
    return json.loads(body, parse_int=_exact) if _LONG.search(body) else document


def _exact(digits: str) -> int | str:
    return number if len(digits) <= _MOST_PLACES and fits(number := int(digits)) else digits


def fits(number: int) -> bool:
    """Whether a whole number has 64 bits, its sign included."""
    return -_BEYOND <= number < _BEYOND


Getter = Callable[[Response], object]
"""Gives the value at a path, or None where there is none."""

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,9})\]")
_MEMBER = re.compile(r"\$\.(?P<parent>[A-Za-z_][\w-]*)\.(?P<name>[A-Za-z_][\w-]*)(?:\|(?P<converter>\w+))?")

_MOST_DIGITS = 18
_LONG = re.compile(rb"[0-9]{19}")
_MOST_PLACES = 20
_BEYOND = 1 << 63


def _fen(yuan: object) -> int | None:
    try:
        fen = Decimal(str(yuan)) * 100
        whole = fen.adjusted() < _MOST_DIGITS and fen == fen.to_integral_value()
        return int(fen) if whole else None  # half a fen is no amount, nor is 1e999
    except (ArithmeticError, ValueError):  # no number, or one that is none (NaN, Infinity) or far too big
        return None


def _int(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


CONVERTERS: dict[str, Callable[[object], object]] = {
    "fen": _fen,  # "12.34" yuan -> 1234
    "int": _int,
    "str": lambda value: None if value is None else str(value),
}
"""What may stand behind the bar of a path; a value that cannot be converted counts as none."""


def compile_path(path: str) -> Getter:
    """A getter from `http`, `$.a.b[0]`, or `header.Name`, each with an optional `|converter`.

    Raises:
        BadInput: the path is none of these.
    """
    plain, bar, converter = path.partition("|")
    if bar and converter not in CONVERTERS:
        raise BadInput(f"unknown converter {clipped(converter)!r} in {clipped(path)!r}; allowed: {', '.join(sorted(CONVERTERS))}")
    get = _plain_getter(plain)
    if not bar:
        return get
    convert = CONVERTERS[converter]
    return lambda response: convert(get(response))


def _plain_getter(path: str) -> Getter:
    if path == "http":
        return lambda response: response.status
    if path.startswith("header."):
        name = path.removeprefix("header.").lower()
        return lambda response: response.headers.get(name)
    if not path.startswith("$"):
        raise BadInput(f"{clipped(path)!r} is not a path; allowed: http, header.Name, $.name.name[0]")
    steps = walk_steps(path, path[1:])
    match steps:
        case (str(first),):
            return lambda response: document.get(first) if isinstance(document := response.document, dict) else None
        case (str(first), str(second)):
            return lambda response: (
                inner.get(second)
                if isinstance(document := response.document, dict) and isinstance(inner := document.get(first), dict)
                else None
            )
        case _:
            return lambda response: walk(response.document, steps)


def compile_paths(paths: Sequence[str]) -> Callable[[Response], tuple[object, ...]]:
    """A getter of several paths' values at once. Members of one object in the document are taken out of it together."""
    getters = [compile_path(path) for path in paths]
    members = [_MEMBER.fullmatch(path) for path in paths]
    parents = {member["parent"] for member in members if member}
    if len(paths) < 2 or None in members or len(parents) != 1:  # noqa: PLR2004 - one value needs no company
        return lambda response: tuple([get(response) for get in getters])
    parent, names = parents.pop(), [member["name"] for member in members if member]
    converts = [(place, CONVERTERS[member["converter"]]) for place, member in enumerate(members) if member and member["converter"]]
    take, nothing = itemgetter(*names), (None,) * len(names)

    def values(response: Response) -> tuple[object, ...]:
        document = response.document
        inner = document.get(parent) if isinstance(document, dict) else None
        if not isinstance(inner, dict):
            return nothing
        try:
            found: tuple[object, ...] = take(inner)
        except KeyError:
            found = tuple([inner.get(name) for name in names])
        for place, convert in converts:
            found = (*found[:place], convert(found[place]), *found[place + 1 :])
        return found

    return values


def walk_steps(path: str, rest: str) -> tuple[str | int, ...]:
    """Steps of `.name[0].other`; `path` names the offender in the error."""
    steps: list[str | int] = []
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if step is None:
            raise BadInput(f"{clipped(path)!r} is not a path from {clipped(rest[position:], 30)!r} on; allowed: $.name.name[0]")
        steps.append(step[1] if step[1] is not None else int(step[2]))
        position = step.end()
    return tuple(steps)


def walk(document: object, steps: tuple[str | int, ...]) -> object:
    """The value that the steps lead to, None where they lead nowhere."""
    for step in steps:
        if isinstance(step, str):
            document = document.get(step) if isinstance(document, dict) else None
        else:
            document = document[step] if isinstance(document, list) and step < len(document) else None
    return document
