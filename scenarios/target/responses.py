"""An answer as it came, and paths into it."""

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import TypeVar

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.converters import CONVERTERS, compile_converters, split_path
from scenarios.target.json_paths import ALLOWED as JSON_PATHS
from scenarios.target.json_paths import walk, walk_steps
from scenarios.wire.answer_head import Head, Headers
from scenarios.wire.answer_parser import MOST_BYTES
from scenarios.wire.content import PLAIN, Content, UnreadableError, characters, unpacked
from scenarios.wire.json_reading import has_long_numbers, read_exactly, read_json

_UNREAD = object()
Value = TypeVar("Value")


class Response:
    """Status, headers (lower-case names) and unpacked body of an HTTP answer; the JSON document is parsed when first asked for."""

    __slots__ = ("_document", "_packed", "body", "content", "headers", "status")

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, content: Content | None = None, most: int = MOST_BYTES
    ) -> None:
        """Keeps what came; `content` is how the body is to be read, None where it is plain UTF-8. Unpacked, it has `most` bytes at most."""
        self.status = status
        self.headers = headers
        self.content = content
        self._document: object = _UNREAD
        self._packed = ""  # why it cannot be unpacked
        self.body = body if content is None or not content.codings else self._unpacked(body, content.codings, most)

    @classmethod
    def of(cls, head: Head, body: bytes, most: int = MOST_BYTES) -> "Response":
        """The answer of that head and the body as it came."""
        return cls(head.status, head.headers, body, head.content, most)

    @classmethod
    def sealed(cls, response: "Response", why: str) -> "Response":
        """The same without its body, which cannot be read."""
        found = cls(response.status, response.headers, b"")
        found._packed = why
        return found

    def _unpacked(self, body: bytes, codings: tuple[str, ...], most: int) -> bytes:
        try:
            return unpacked(body, codings, most)
        except UnreadableError as error:
            if body.isascii():
                return body  # nothing that is packed is
            self._packed = str(error)
            return b""

    @property
    def document(self) -> object:
        """The parsed body; None where it is not JSON."""
        if self._document is _UNREAD:
            try:
                self._document = read_json(self.body, self.content)
            except UnreadableError:
                self._document = None
        return self._document

    @property
    def packed(self) -> str:
        """Why the body cannot be unpacked; empty where it can, or was not packed."""
        return self._packed

    @property
    def trouble(self) -> str:
        """Why the body is no JSON, and where; empty where it is."""
        if self._packed:
            return self._packed
        try:
            read_json(self.body, self.content)
        except UnreadableError as error:
            return str(error)
        return ""

    @property
    def text(self) -> str:
        """The body as text, in its own character set; what is none of it is U+FFFD."""
        try:
            return characters(self.body, (self.content or PLAIN).charset)
        except UnreadableError:
            return self.body.decode("utf-8", "replace")

    def exactly(self) -> object:
        """The document, in which numbers that 64 bits or a float do not hold to the last digit are texts of their digits."""
        if not has_long_numbers(self.body):
            return self.document
        try:
            return read_exactly(self.body, self.content)
        except UnreadableError:
            return None


class _LookedAtError(Exception):
    """A predicate or extraction looked at more than it may."""


class _Closed(Mapping[str, str]):
    def __getitem__(self, name: str) -> str:
        raise _LookedAtError

    def __contains__(self, name: object) -> bool:
        raise _LookedAtError

    def __iter__(self) -> Iterator[str]:
        raise _LookedAtError

    def __len__(self) -> int:
        raise _LookedAtError


class _HeadOnly(Response):
    """An answer into whose body nobody may look."""

    @property
    def document(self) -> object:
        raise _LookedAtError

    @property
    def text(self) -> str:
        raise _LookedAtError


def by_status_alone(judge: Callable[[Response], Value], status: int) -> Value | None:
    """What is judged of any answer with this status; None where it depends on the rest of the answer."""
    return by_head_alone(judge, Response(status, _Closed(), b""))


def by_head_alone(judge: Callable[[Response], Value], response: Response) -> Value | None:
    """What is judged of any answer with this head; None where it depends on the body."""
    try:
        return judge(_HeadOnly(response.status, response.headers, b""))
    except _LookedAtError:
        return None


Getter = Callable[[Response], object]
"""Gives the value at a path, or None where there is none."""

_INPUT = re.compile(r"<input\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([A-Za-z-]{1,60})=(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]{1,1000}))")
_MEMBER = re.compile(r"\$\.(?P<parent>[A-Za-z_][\w-]*)\.(?P<name>[A-Za-z_][\w-]*)(?:\|(?P<converter>\w+))?")


def compile_path(path: str) -> Getter:
    """A getter from `http`, `$.a.b[0]`, `header.Name`, `cookie.NAME`, `field.NAME` or `text`, each with converters behind bars.

    Numbers keep all their digits. A field is one of a form in a page of HTML, hidden or not; the text is the whole body.

    Raises:
        BadInput: the path is none of these.
    """
    plain, chain = split_path(path)
    get = _exact_getter(plain)
    if chain is None:
        return get
    convert = compile_converters(chain, path)
    return lambda response: convert(get(response))


def _exact_getter(path: str) -> Getter:
    """As `compile_size`, but what a float cannot hold is a text of its digits."""
    get = compile_size(path)
    if not path.startswith("$"):
        return get
    steps = walk_steps(path, path[1:])

    def read(response: Response) -> object:
        value = get(response)
        kind = type(value)
        if kind is str or (kind not in _ROUNDED and not (kind is int and value >= _BEYOND)):  # type: ignore[operator]  # an int by its kind
            return value
        return walk(response.exactly(), steps)

    return read


_ROUNDED = frozenset({float, dict, list})
"""Kinds of values that may not be what the service wrote, to the last digit, or may hold such."""

_BEYOND = 1 << 63


def compile_size(path: str) -> Getter:
    """A getter from a path without a converter, whose numbers are as near as 64 bits or a float can be: to be compared by size.

    Raises:
        BadInput: it is no path.
    """
    if not path.startswith("$"):
        return _getter_beside_json(path)
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


def _getter_beside_json(path: str) -> Getter:
    if path in _WHOLE:
        return _WHOLE[path]
    of, _, name = path.partition(".")
    if of not in _NAMED or not name:
        raise BadInput(f"{clipped(path)!r} is not a path; allowed: http, header.Name, cookie.NAME, field.NAME, text, {JSON_PATHS}")
    return _NAMED[of](name)


def _header_getter(name: str) -> Getter:
    lower = name.lower()
    return lambda response: response.headers.get(lower)


def _cookie_getter(name: str) -> Getter:
    begin = f"{name}="

    def get(response: Response) -> object:
        if response.headers.get("set-cookie") is None:
            return None
        lines = response.headers.every("set-cookie") if isinstance(response.headers, Headers) else [response.headers["set-cookie"]]
        return next((line.removeprefix(begin).partition(";")[0].strip(' "') for line in reversed(lines) if line.startswith(begin)), None)

    return get


def _field_getter(name: str) -> Getter:
    def get(response: Response) -> object:
        for tag in _INPUT.findall(response.text):
            told = {key.lower(): unescape(quoted or single or bare) for key, quoted, single, bare in _ATTRIBUTE.findall(tag)}
            if told.get("name") == name:
                return told.get("value", "")
        return None

    return get


_WHOLE: dict[str, Getter] = {"http": lambda response: response.status, "text": lambda response: response.text}
_NAMED = {"header": _header_getter, "cookie": _cookie_getter, "field": _field_getter}


def compile_paths(paths: Mapping[str, str]) -> Callable[[Response], dict[str, object]]:
    """A getter of several paths' values at once, by their names. Members of one object in the document are taken out of it together."""
    getters = tuple((name, compile_path(path)) for name, path in paths.items())
    members = {name: _MEMBER.fullmatch(path) for name, path in paths.items()}
    found = {name: member for name, member in members.items() if member}
    parents = {member["parent"] for member in found.values()}
    if len(found) < len(members) or len(parents) != 1:
        return lambda response: {name: get(response) for name, get in getters}
    parent, places = parents.pop(), tuple((name, member["name"]) for name, member in found.items())
    converts = tuple((name, CONVERTERS[member["converter"]]) for name, member in found.items() if member["converter"])

    def values(response: Response) -> dict[str, object]:
        document = response.document
        inner = document.get(parent) if isinstance(document, dict) else None
        if not isinstance(inner, dict):
            return dict.fromkeys(paths)
        found: dict[str, object] = {}
        for name, member in places:
            found[name] = value = inner.get(member)
            kind = type(value)
            if kind is not str and (value >= _BEYOND if kind is int else kind in _ROUNDED):  # type: ignore[operator]  # an int by its kind
                return {name: get(response) for name, get in getters}
        for name, convert in converts:
            found[name] = convert(found[name])
        return found

    return values
