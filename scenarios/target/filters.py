"""What may be done to a value on its way out, behind the bars of a placeholder: `{name|filter}`, `{name|pad_left(12, 0)|upper}`."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import NamedTuple
from xml.sax.saxutils import escape

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.ciphers import ENCRYPT, encryption
from scenarios.target.digests import hmac_hex, sm3_hex
from scenarios.target.times import TimePattern, epoch_ms

Change = Callable[[object], object]

RAW = "raw"
"""The filter of a value that is put into a path without being quoted as one."""

_CALL = re.compile(r"(\w+)(?:\(([^(){}|]*)\))?")
_MOST_LENGTH = 4000
_QUOTES = {'"': "&quot;", "'": "&apos;"}


def _yuan(fen: object) -> str:
    amount = int(str(fen))
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def _fen(yuan: object) -> int:
    try:
        fen = Decimal(str(yuan)) * 100
        if fen == fen.to_integral_value():
            return int(fen)
    except (InvalidOperation, OverflowError, ValueError):
        pass
    raise ValueError(f"{clipped(str(yuan))!r} is no amount in yuan")


def _whole(value: object) -> int:
    return int(str(value))


def _bytes(value: object) -> bytes:
    return str(value).encode()


PLAIN: dict[str, Change] = {
    "yuan": _yuan,  # 1234 fen -> "12.34"
    "fen": _fen,  # "12.34" -> 1234
    "int": _whole,
    "str": str,
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
    "epoch_ms": epoch_ms,  # ISO-8601 with its zone -> milliseconds
    "ms": epoch_ms,
    "s": lambda time: epoch_ms(time) // 1000,
    "base64": lambda value: b64encode(_bytes(value)).decode(),
    "md5": lambda value: hashlib.md5(_bytes(value), usedforsecurity=False).hexdigest(),
    "sha256": lambda value: hashlib.sha256(_bytes(value)).hexdigest(),
    "sm3": lambda value: sm3_hex(_bytes(value)),
    "xml": lambda value: escape(str(value), _QUOTES),
    RAW: lambda value: value,
}


def _padded(*, left: bool) -> Callable[[str, str], Change]:
    def of(length: str, fill: str = " ") -> Change:
        width, char = _length(length), fill or " "
        if len(char) != 1:
            raise BadInput(f"{clipped(fill)!r} is no single character to fill with")
        return lambda value: str(value).rjust(width, char) if left else str(value).ljust(width, char)

    return of


def _first(length: str) -> Change:
    width = _length(length)
    return lambda value: str(value)[:width]


def _last(length: str) -> Change:
    width = _length(length)
    return lambda value: str(value)[-width:]


def _length(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= _MOST_LENGTH:
        raise BadInput(f"{clipped(text)!r} is no length; allowed: 1 to {_MOST_LENGTH}")
    return int(text)


def _time(pattern: str, zone: str) -> Change:
    written = TimePattern.of(pattern, zone)
    return lambda time: written.write(epoch_ms(time))


CALLED: dict[str, tuple[Callable[..., Change], int, int]] = {
    "pad_left": (_padded(left=True), 1, 2),
    "pad_right": (_padded(left=False), 1, 2),
    "first": (_first, 1, 1),
    "last": (_last, 1, 1),
    "time": (_time, 2, 2),  # of ISO-8601 or milliseconds, as yyyyMMddHHmmss in a zone
}
"""By name: what makes it of its arguments, and how many of them there may be."""
KEYED = {"hmac_sha256": "sha256", "hmac_sm3": "sm3"}
"""Filters whose one argument names a declared secret."""
_EXAMPLES = (
    "pad_left(12, 0)",
    "pad_right(12)",
    "first(8)",
    "last(8)",
    "time(yyyyMMddHHmmss, +08:00)",
    "hmac_sha256(SECRET)",
    "hmac_sm3(SECRET)",
    "encrypt(CIPHER, SECRET)",
)
ALLOWED = ", ".join(sorted([*PLAIN, *_EXAMPLES]))


class Keyed(NamedTuple):
    """A filter that needs a secret."""

    make: Callable[[bytes], Change]
    """Of its value."""
    secret: str
    """Its name."""
    cipher: str = ""
    """The code that it names, if any."""


def compile_filters(chain: str) -> list[Change | Keyed]:
    """The filters of a chain without its first bar.

    Raises:
        BadInput: one of them is none; says which, and what is allowed.
    """
    return [_compiled(part) for part in chain.split("|")]


def _compiled(part: str) -> Change | Keyed:
    call = _CALL.fullmatch(part.strip())
    name, arguments = (call[1], call[2]) if call else (part, None)
    said = [] if arguments is None else [argument.strip() for argument in arguments.split(",")]
    if name in PLAIN and arguments is None:
        return PLAIN[name]
    if name in KEYED and len(said) == 1 and said[0]:
        return Keyed(partial(_hmac, KEYED[name]), said[0])
    if name == ENCRYPT and len(said) == 2 and all(said):  # noqa: PLR2004 - a cipher and its key
        return Keyed(partial(encryption, said[0]), said[1], said[0])
    if name in CALLED and arguments is not None:
        make, least, most = CALLED[name]
        if least <= len(said) <= most:
            return make(*said)
    raise BadInput(f"unknown filter {clipped(part)!r}; allowed: {ALLOWED}")


def composed(chain: str, scope: Mapping[str, object]) -> Change | None:
    """What a chain makes of a value; None where it needs a secret that the scope does not have."""
    changes: list[Change] = []
    for found in compile_filters(chain):
        if not isinstance(found, Keyed):
            changes.append(found)
        elif (secret := scope.get(f"secret.{found.secret}")) is not None:
            changes.append(found.make(str(secret).encode()))
        else:
            return None
    if len(changes) == 1:
        return changes[0]

    def all_of_them(value: object) -> object:
        for change in changes:
            value = change(value)
        return value

    return all_of_them


def secrets_of(chain: str) -> frozenset[str]:
    """Names of the secrets that a chain needs."""
    return frozenset(found.secret for found in compile_filters(chain) if isinstance(found, Keyed))


def _hmac(digest: str, secret: bytes) -> Change:
    return lambda value: hmac_hex(digest, secret, _bytes(value))
