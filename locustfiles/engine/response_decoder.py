"""Understanding answers fast: headers are looked at only when asked for, and what the status alone decides is decided once."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TypeVar

from orjson import JSONDecodeError, loads

from scenarios.run.outcomes import Outcome
from scenarios.target.operation_codec import Answer, OperationCodec, TransportError
from scenarios.target.responses import Response


@cache
def _finder(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\r\n" + re.escape(name.encode()) + rb"[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


class Headers(Mapping[str, str]):
    """The headers of an answer by lower-case names, found in its raw head when asked for, and then kept."""

    __slots__ = ("_end", "_found", "_raw", "_start")

    def __init__(self, raw: bytes, before: int = 0) -> None:
        """`raw` starts with the answer; `before` heads of interim (1xx) answers stand in front of its own."""
        start = 0
        for _ in range(before):
            start = raw.find(b"\r\n\r\n", start) + 4
        self._start = start
        self._end = raw.find(b"\r\n\r\n", start) + 2
        self._raw = raw[: self._end]
        self._found: dict[str, str | None] = {}

    def _find(self, name: str) -> str | None:
        if name not in self._found:
            found = _finder(name).search(self._raw, self._start, self._end)
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

    def __contains__(self, name: object) -> bool:
        """Whether there is such a header."""
        return isinstance(name, str) and self._find(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        lines = self._raw[self._start : self._end].split(b"\r\n")[1:]
        return iter(dict.fromkeys(line.partition(b":")[0].decode("latin-1").strip().lower() for line in lines if b":" in line))

    def __len__(self) -> int:
        """How many names there are."""
        return sum(1 for _ in self)


class Head:
    """The head of an answer: its status, the length of the body that it announces, and its headers.

    The same bytes mean the same, so a head that was read once is never read again, whoever it comes to.
    """

    __slots__ = ("headers", "length", "site", "status")

    def __init__(self, raw: bytes, status: int, length: int, before: int = 0) -> None:
        """As `Headers`."""
        self.status = status
        self.length = length
        self.headers = Headers(raw, before)
        self.site: str | None = None  # where an operation has found it in the head


class _LookedAtError(Exception):
    """A predicate or extraction looked at more than the status."""


class _Closed(Mapping[str, str]):
    def __getitem__(self, name: str) -> str:
        raise _LookedAtError

    def __contains__(self, name: object) -> bool:
        raise _LookedAtError

    def __iter__(self) -> Iterator[str]:
        raise _LookedAtError

    def __len__(self) -> int:
        raise _LookedAtError


class _StatusOnly(Response):
    """An answer of which only the status may be looked at."""

    def __init__(self, status: int) -> None:
        super().__init__(status, _Closed(), b"")

    @property
    def document(self) -> object:
        raise _LookedAtError


class _Read(Response):
    """An answer whose document is read at once, since something in it decides. One for all answers of an operation, one after the other."""

    __slots__ = ("document",)

    document: object


Value = TypeVar("Value")


def _by_status_alone(judge: Callable[[Response], Value], status: int) -> Value | None:
    """What is judged of any answer with this status; None where it depends on the rest of the answer."""
    try:
        return judge(_StatusOnly(status))
    except _LookedAtError:
        return None


class ResponseDecoder:
    """Understands the answers of one operation; the same as `OperationCodec.decode`, only faster."""

    def __init__(self, codec: OperationCodec) -> None:
        """Learns as answers come."""
        self._codec = codec
        self._answer = codec.answer
        self._has_site = codec.has_site
        self._known: dict[int, tuple[Answer | None, Outcome | None, int | None]] = {}
        self._response = _Read(0, {}, b"")
        self._broken = {how: codec.without_response(how) for how in TransportError}

    def decode(self, head: Head, data: bytes, start: int) -> Answer:
        """What an answer came to; its body is `data` from `start` on."""
        known = self._known.get(head.status)
        answer, outcome, code = self._learn(head.status) if known is None else known
        if answer is not None:
            return answer
        response = self._response
        response.status = head.status
        response.headers = head.headers
        response.body = body = data[start:]
        try:
            response.document = loads(body)
        except JSONDecodeError:
            response.document = None
        if outcome is None:
            outcome = self._codec.outcome(response)
        site = head.site if self._has_site else ""
        if site is None:
            site = self._codec.site(response)
            head.site = site if self._codec.site_in_head else None
        return self._answer(response, outcome, self._codec.code(response) if code is None else code, site)

    def _learn(self, status: int) -> tuple[Answer | None, Outcome | None, int | None]:
        codec = self._codec
        answer = _by_status_alone(codec.decode, status)
        found = answer, _by_status_alone(codec.outcome, status), _by_status_alone(codec.code, status)
        self._known[status] = found
        return found

    @staticmethod
    def retry_after(head: Head) -> str:
        """When an answer that turned the customer away says they may come back; empty where it does not."""
        return head.headers.get("retry-after") or ""

    def without_response(self, how: TransportError) -> Answer:
        """What an attempt without an answer came to."""
        return self._broken[how]
