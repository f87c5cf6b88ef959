"""Understanding answers fast: headers are looked at only when asked for, and what the status alone decides is decided once."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Protocol, TypeVar

from orjson import JSONDecodeError, loads

from scenarios.outcomes import Outcome
from scenarios.reply import Reply
from scenarios.speech import Answer, Break, Spoken


@cache
def _finder(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\r\n" + re.escape(name.encode()) + rb"[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


_spellings: dict[str, bytes] = {}
"""How a header was last seen spelled, with its colon: mostly it is spelled so again."""


class Headers(Mapping[str, str]):
    """The headers of an answer by lower-case names, found in its raw head when asked for."""

    __slots__ = ("_end", "_raw", "_start")

    def __init__(self, raw: bytes, before: int = 0) -> None:
        """`raw` starts with the answer; `before` heads of interim (1xx) answers stand in front of its own."""
        start = 0
        for _ in range(before):
            start = raw.find(b"\r\n\r\n", start) + 4
        self._raw = raw
        self._start = start
        self._end = raw.find(b"\r\n\r\n", start) + 2

    def _find(self, name: str) -> str | None:
        spelled = _spellings.get(name)
        if spelled is not None:
            at = self._raw.find(spelled, self._start, self._end)
            if at >= 0:
                at += len(spelled)
                return self._raw[at : self._raw.find(b"\r\n", at)].decode("latin-1").strip()
        found = _finder(name).search(self._raw, self._start, self._end)
        if found is None:
            return None
        _spellings[name] = self._raw[found.start() : found.start() + len(name) + 3]
        return found[1].decode("latin-1").rstrip()

    def __getitem__(self, name: str) -> str:
        """The first header of that name."""
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # the hot way, for texts only
        """The first header of that name, or the default."""
        found = self._find(name)
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


class _StatusOnly(Reply):
    """An answer of which only the status may be looked at."""

    def __init__(self, status: int) -> None:
        super().__init__(status, _Closed(), b"")

    @property
    def document(self) -> object:
        raise _LookedAtError


class _Read(Reply):
    """An answer whose document is read at once, since something in it decides."""

    document: object = None

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        try:
            self.document = loads(body)
        except JSONDecodeError:
            self.document = None


class Heard(Protocol):
    """Where an answer's bytes are."""

    raw: bytes  # starts with the answer's head
    before: int  # heads of interim answers in front of it

    @property
    def body(self) -> bytes:
        """Its body."""


Value = TypeVar("Value")


def _by_status_alone(judge: Callable[[Reply], Value], status: int) -> Value | None:
    """What is judged of any answer with this status; None where it depends on the rest of the answer."""
    try:
        return judge(_StatusOnly(status))
    except _LookedAtError:
        return None


class Ear:
    """Understands the answers of one operation; the same as `Spoken.understand`, only faster."""

    def __init__(self, spoken: Spoken) -> None:
        """Learns as answers come."""
        self._spoken = spoken
        self._answers: dict[int, Answer | None] = {}
        self._outcomes: dict[int, Outcome | None] = {}
        self._codes: dict[int, int | None] = {}
        self._broken = {how: spoken.broken(how) for how in Break}

    def hear(self, status: int, heard: Heard) -> Answer:
        """What an answer came to."""
        if status not in self._answers:
            self._learn(status)
        answer = self._answers[status]
        if answer is not None:
            return answer
        spoken, reply = self._spoken, _Read(status, Headers(heard.raw, heard.before), heard.body)
        outcome, code = self._outcomes[status], self._codes[status]
        return spoken.answer(reply, spoken.outcome(reply) if outcome is None else outcome, spoken.code(reply) if code is None else code)

    def _learn(self, status: int) -> None:
        self._answers[status] = _by_status_alone(self._spoken.understand, status)
        self._outcomes[status] = _by_status_alone(self._spoken.outcome, status)
        self._codes[status] = _by_status_alone(self._spoken.code, status)

    @staticmethod
    def retry_after(raw: bytes, before: int) -> str:
        """When an answer that turned the customer away says he may come back; empty where it does not."""
        return Headers(raw, before).get("retry-after") or ""

    def broken(self, how: Break) -> Answer:
        """What an attempt without an answer came to."""
        return self._broken[how]
