"""What is new in every request: a nonce, the time, a serial number, digits; and the signature, where it stands inside.

Where a request is compiled, each stands as a mark that nothing else looks like. When it is sent, all of its marks are filled at once, so
that one request has one nonce and one time wherever they stand; the length of the body is then told anew.
"""

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from scenarios.target.times import TimePattern

Encode = Callable[[object], bytes]

SIGNATURE = "signature"
STAMPS = ("nonce", "timestamp", "serial", "digits")
"""Placeholders that every request fills for itself. A name that some answer tells is that answer's instead."""

_TOKEN = b"zq" + os.urandom(5).hex().encode()
_MARK = re.compile(_TOKEN + rb"(\d{4})z")
_LENGTH = re.compile(rb"(\r\n[Cc]ontent-[Ll]ength: )(\d+)")
_PROCESS = os.urandom(8)
_PROCESS_HEX = _PROCESS.hex()
_NUMBERS = count(1)
_SECOND = TimePattern.of("yyyyMMddHHmmss", "+08:00")
_OWN_DIGITS = int.from_bytes(_PROCESS[:4], "big") % 10**10
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Stamp:
    """One of them, changed by its filters and written as its place wants it."""

    name: str
    change: Callable[[object], object] | None
    encode: Encode


_stamps: list[Stamp] = []
_places: dict[tuple[str, str | None, str], int] = {}


class Mark(str):
    """Stands for a stamp in a text. `placed` gives the mark for a place where values are written otherwise."""

    __slots__ = ("_chain", "_change", "_name")

    @classmethod
    def of(cls, name: str, chain: str | None, change: Callable[[object], object] | None) -> "Mark":
        """The mark of a stamp with its filters, as they are spelled and as they work."""
        made = cls(_placed(name, chain, change, "", _plain).decode())
        made._name, made._chain, made._change = name, chain, change
        return made

    _name: str
    _chain: str | None
    _change: Callable[[object], object] | None

    def placed(self, kind: str, encode: Encode) -> bytes:
        """The mark in a place of that kind, all of which write values alike."""
        return _placed(self._name, self._chain, self._change, kind, encode)


def _plain(value: object) -> bytes:
    return str(value).encode()


def _placed(name: str, chain: str | None, change: Callable[[object], object] | None, kind: str, encode: Encode) -> bytes:
    place = _places.get((name, chain, kind))
    if place is None:
        place = _places[name, chain, kind] = len(_stamps)
        _stamps.append(Stamp(name, change, encode))
    return _TOKEN + b"%04dz" % place


@dataclass(frozen=True, slots=True)
class Fresh:
    """In a scope: a name whose value every request has for itself."""

    name: str

    def mark(self, chain: str | None, change: Callable[[object], object] | None) -> Mark:
        """Its mark, with filters."""
        return Mark.of(self.name, chain, change)


@dataclass(slots=True)
class Moment:
    """The values of one request."""

    per_second: int = 1000
    number: int = field(default_factory=lambda: next(_NUMBERS))
    at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def told(self) -> tuple[bytes, bytes]:
        """Its time and its nonce, as a signature tells them."""
        return b"%d" % (self.at_ms * self.per_second // 1000), f"{_PROCESS_HEX}{self.number:08x}".encode()

    def value(self, name: str, change: Callable[[object], object] | None = None) -> object:
        """A stamp's, with its filters. The time is in milliseconds for them; by itself it is as the file says."""
        match name:
            case "nonce":
                found: object = f"{_PROCESS_HEX}{self.number:08x}"
            case "timestamp":
                found = self.at_ms if change else self.at_ms * self.per_second // 1000
            case "serial":
                found = f"{_SECOND.write(self.at_ms)}{_OWN_DIGITS:010d}{self.number % 10**8:08d}"
            case _:
                found = f"{int.from_bytes(os.urandom(16), 'big') % 10**_DIGITS:0{_DIGITS}d}"
        return change(found) if change else found


def time_and_nonce(per_second: int) -> tuple[bytes, bytes]:
    """As `told` of a moment of its own."""
    return b"%d" % int(time.time() * per_second), f"{_PROCESS_HEX}{next(_NUMBERS):08x}".encode()


def fresh_names(told: frozenset[str], *, signed: bool) -> Mapping[str, object]:
    """The scope of stamps for a target whose answers tell these names."""
    names = (*STAMPS, *((SIGNATURE,) if signed else ()))
    return {name: Fresh(name) for name in names if name not in told}


def is_marked(request: bytes) -> bool:
    """Whether there is a mark in it."""
    return _TOKEN in request


def marked_names(request: bytes) -> frozenset[str]:
    """Whose marks are in it."""
    return frozenset(_stamps[int(found)].name for found in _MARK.findall(request))


def told(request: bytes, values: Mapping[str, object]) -> bytes:
    """The request with the marks of these names filled; all others stay."""

    def fill(mark: "re.Match[bytes]") -> bytes:
        stamp = _stamps[int(mark[1])]
        if stamp.name not in values:
            return mark[0]
        value = values[stamp.name]
        return stamp.encode(stamp.change(value) if stamp.change else value)

    return measured(_MARK.sub(fill, request))


def filled(request: bytes, moment: Moment) -> bytes:
    """The request with its marks filled, but the signature's; the same stamp with the same filters is the same throughout."""
    values: dict[str, object] = {}

    def fill(mark: "re.Match[bytes]") -> bytes:
        stamp = _stamps[int(mark[1])]
        if stamp.name == SIGNATURE:
            return mark[0]
        if stamp.name == "digits" and stamp.name not in values:
            values[stamp.name] = moment.value(stamp.name)
        value = values.get(stamp.name)
        if value is None:
            return stamp.encode(moment.value(stamp.name, stamp.change))
        return stamp.encode(stamp.change(value) if stamp.change else value)

    return measured(_MARK.sub(fill, request))


def signed(request: bytes, signature: str | None) -> bytes:
    """The request with its signature in it; with none, what is to be signed: an empty text in its place."""

    def fill(mark: "re.Match[bytes]") -> bytes:
        stamp = _stamps[int(mark[1])]
        value: object = signature or ""
        return stamp.encode(stamp.change(value) if stamp.change and signature else value)

    return _MARK.sub(fill, request)


def measured(request: bytes) -> bytes:
    """The request with the length of its body as it is."""
    end = request.index(b"\r\n\r\n")
    length = b"%d" % (len(request) - end - 4)
    return _LENGTH.sub(lambda found: found[1] + length, request[:end], count=1) + request[end:]
