"""A request as it is sent: its head with one header of each name, its length, and its body."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from scenarios.wire.escaping import spelled

Value = TypeVar("Value")

DEFAULT_HEADERS = (("User-Agent", "stormdrill"), ("Accept", "*/*"))
"""What every request says of itself, unless the file says otherwise."""

FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "keep-alive"})
"""Headers by which a request is told from the next one, or a connection is led: none that a file may set."""

JSON_TYPE = "application/json"
_NO_LENGTH = frozenset({"GET", "DELETE", "HEAD"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request in full, and where it goes."""

    method: str
    url: str
    data: bytes
    """All that is sent, the signature apart."""

    @property
    def path(self) -> str:
        """Path and query as they are sent."""
        return self.data.split(b" ", 2)[1].decode()

    @property
    def headers(self) -> list[str]:
        """The lines of its head behind the first."""
        return self.data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")[1:]

    @property
    def body(self) -> bytes:
        """Its body, empty where it has none."""
        return self.data.partition(b"\r\n\r\n")[2]

    def without(self, header: str) -> "Request":
        """The same request without that header."""
        first, *lines = self.data.partition(b"\r\n\r\n")[0].split(b"\r\n")
        name = header.lower().encode()
        left = [line for line in lines if line.partition(b":")[0].lower() != name]
        return Request(self.method, self.url, b"%b\r\n\r\n%b" % (b"\r\n".join([first, *left]), self.body))

    def under(self, other: "Request") -> "Request":
        """Path and body of this request, under the headers of another."""
        first = self.data.partition(b"\r\n")[0]
        told = [line.encode() for line in other.without("Content-Length").headers]
        if self.body or needs_length(self.method):
            told.append(b"Content-Length: %d" % len(self.body))
        return Request(self.method, self.url, b"%b\r\n\r\n%b" % (b"\r\n".join([first, *told]), self.body))

    def moved(self, url: str) -> "Request":
        """The same request for another address on the same host."""
        _, rest = self.data.split(b" HTTP/1.1\r\n", 1)
        return Request(self.method, url, b"%b %b HTTP/1.1\r\n%b" % (self.method.encode(), path_of(url).encode(), rest))


class HeaderLines(Generic[Value]):
    """Headers in their order; one that comes again, in whatever case it is written, takes the place of the earlier one."""

    def __init__(self, first: Iterable[tuple[str, Value]] = ()) -> None:
        """With these to begin with."""
        self._lines: dict[str, tuple[str, Value]] = {}
        self.add(first)

    def add(self, more: Iterable[tuple[str, Value]]) -> None:
        """Puts them behind, or in place of, what there is."""
        for name, value in more:
            self._lines[name.lower()] = (name, value)

    def drop(self, names: Iterable[str]) -> None:
        """Takes these out."""
        for name in names:
            self._lines.pop(name.lower(), None)

    def __contains__(self, name: str) -> bool:
        """Whether there is one of that name."""
        return name.lower() in self._lines

    def __iter__(self) -> Iterator[tuple[str, Value]]:
        """Each with its value."""
        return iter(self._lines.values())


def needs_length(method: str) -> bool:
    """Whether a request without a body says that it has none."""
    return method not in _NO_LENGTH


def header_bytes(value: object) -> bytes:
    """A header's value: what could make a line of its own is left out."""
    text = value if type(value) is str else str(value)
    return (text if text.isprintable() else "".join(filter(str.isprintable, text))).encode()


def path_of(url: str) -> str:
    """Path and query of an address, as they are sent."""
    parts = urlsplit(url)
    return spelled((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def request_to(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Request:
    """A request of our own to an address, whose headers say what its body is."""
    lines = HeaderLines((("Host", urlsplit(url).netloc), *DEFAULT_HEADERS))
    lines.add(headers.items())
    return Request(method, url, whole(method, path_of(url), lines, body))


def whole(method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes | None) -> bytes:
    """A request of these parts; its headers hold Host, and all but its length."""
    head = b"".join(b"%b: %b\r\n" % (name.encode(), header_bytes(value)) for name, value in headers)
    if body is not None or needs_length(method):
        head += b"Content-Length: %d\r\n" % len(body or b"")
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method.encode(), path.encode(), head, body or b"")
