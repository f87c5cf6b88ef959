"""Understanding answers fast: headers are looked at only when asked for, and what the status alone decides is decided once."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from scenarios.reply import Reply
from scenarios.speech import Answer, Break, Spoken


@cache
def _finder(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\r\n" + re.escape(name.encode()) + rb"[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


class Headers(Mapping[str, str]):
    """The headers of an answer by lower-case names, found in its raw head when asked for."""

    __slots__ = ("_head",)

    def __init__(self, raw: bytes, before: int = 0) -> None:
        """`raw` starts with the answer; `before` heads of interim (1xx) answers stand in front of its own."""
        start = 0
        for _ in range(before):
            start = raw.find(b"\r\n\r\n", start) + 4
        self._head = raw[start : raw.find(b"\r\n\r\n", start) + 4]

    def __getitem__(self, name: str) -> str:
        """The first header of that name."""
        found = _finder(name).search(self._head)
        if found is None:
            raise KeyError(name)
        return found[1].decode("latin-1").rstrip()

    def __contains__(self, name: object) -> bool:
        """Whether there is such a header."""
        return isinstance(name, str) and _finder(name).search(self._head) is not None

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        lines = self._head.split(b"\r\n")[1:]
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


class Ear:
    """Understands the answers of one operation; the same as `Spoken.understand`, only faster."""

    def __init__(self, spoken: Spoken) -> None:
        """Learns as answers come."""
        self._understand = spoken.understand
        self._by_status: dict[int, Answer | None] = {}
        self._broken = {how: spoken.broken(how) for how in Break}

    def hear(self, status: int, raw: bytes, before: int, body: bytes) -> Answer:
        """What an answer came to; `raw` and `before` as in Headers."""
        try:
            known = self._by_status[status]
        except KeyError:
            known = self._learn(status)
        return self._understand(Reply(status, Headers(raw, before), body)) if known is None else known

    def _learn(self, status: int) -> Answer | None:
        try:
            learned: Answer | None = self._understand(_StatusOnly(status))
        except _LookedAtError:
            learned = None
        self._by_status[status] = learned
        return learned

    @staticmethod
    def retry_after(raw: bytes, before: int) -> str:
        """When an answer that turned the customer away says he may come back; empty where it does not."""
        return Headers(raw, before).get("retry-after", "")

    def broken(self, how: Break) -> Answer:
        """What an attempt without an answer came to."""
        return self._broken[how]
