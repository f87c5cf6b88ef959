"""The head of an answer: its status, its headers, and how the body behind it is to be read."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from scenarios.wire.content import Content, content_of


@cache
def _finder(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\r\n" + re.escape(name.encode()) + rb"[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


class Headers(Mapping[str, str]):
    """The headers of an answer by lower-case names, found in its raw head when asked for, and then kept."""

    __slots__ = ("_found", "_raw")

    def __init__(self, raw: bytes) -> None:
        """`raw` is the head, its last line ended."""
        self._raw = raw
        self._found: dict[str, str | None] = {}

    def _find(self, name: str) -> str | None:
        if name not in self._found:
            found = _finder(name).search(self._raw)
            self._found[name] = None if found is None else found[1].decode("latin-1").rstrip()
        return self._found[name]

    def __getitem__(self, name: str) -> str:
        """The first header of that name."""
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # the hot way, for texts only
        """The first header of that name, or the default."""
        found = self._found[name] if name in self._found else self._find(name)
        return default if found is None else found

    def every(self, name: str) -> list[str]:
        """All headers of that name, in their order; they are never joined."""
        return [found[1].decode("latin-1").rstrip() for found in _finder(name).finditer(self._raw)]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a header."""
        return isinstance(name, str) and self._find(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        lines = self._raw.split(b"\r\n")[1:]
        return iter(dict.fromkeys(line.partition(b":")[0].decode("latin-1").strip().lower() for line in lines if b":" in line))

    def __len__(self) -> int:
        """How many names there are."""
        return sum(1 for _ in self)


_UNREAD = Content()


class Head:
    """The head of an answer: its status, the length of the body that it announces, its headers, and how its body is to be read.

    The same bytes mean the same, so a head that was read once is never read again, whoever it comes to.
    """

    __slots__ = ("_content", "headers", "length", "sets_cookies", "site", "status")

    def __init__(self, raw: bytes, status: int, length: int = 0) -> None:
        """`raw` is the head, its last line ended."""
        self.status = status
        self.length = length
        self.headers = Headers(raw)
        self.sets_cookies = b"\r\nset-cookie" in raw.lower()
        self.site: str | None = None  # where an operation has found it in the head
        self._content: Content | None = _UNREAD

    @property
    def content(self) -> Content | None:
        """How the body is to be read; None where it is plain UTF-8, as far as the head says. Found when first asked for."""
        if self._content is _UNREAD:
            self._content = content_of(self.headers)
        return self._content
