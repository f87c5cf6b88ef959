"""JSON as services write it: strictly where that works, leniently where that is safe, digit for digit where numbers are taken out."""

import json
import re
from decimal import Decimal

from orjson import JSONDecodeError, loads

from scenarios.wire.content import PLAIN, Content, UnreadableError, characters

_LONG = re.compile(rb"[0-9][0-9.]{16}|[0-9][eE]")
"""What may be a number of more digits than a float keeps."""

_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.DOTALL)
_SINGLE = 6
"""The length of an escape that stands alone where two should."""

_MOST_PLACES = 20
_BEYOND = 1 << 63


def fits(number: int) -> bool:
    """Whether a whole number has 64 bits, its sign included."""
    return -_BEYOND <= number < _BEYOND


def read_json(body: bytes, content: Content | None = None) -> object:
    """The document in a body that is unpacked already.

    A byte order mark, NaN and infinities (they are null), control characters in texts, and halves of surrogate pairs (each is U+FFFD) are
    taken as they are meant; whole numbers beyond 64 bits and decimals are floats.

    Raises:
        UnreadableError: it is no JSON, or not of its character set; says where.
    """
    if content is None or content.charset == PLAIN.charset:
        try:
            return loads(body)
        except JSONDecodeError:
            pass
    return _lenient(characters(body, (content or PLAIN).charset), exact=False)


def has_long_numbers(body: bytes) -> bool:
    """Whether the body may hold numbers that are not the same as floats."""
    return _LONG.search(body) is not None


def read_exactly(body: bytes, content: Content | None = None) -> object:
    """As `read_json`, but a number that 64 bits or a float do not hold to the last digit is a text of its digits."""
    return _lenient(characters(body, (content or PLAIN).charset), exact=True)


def _lenient(text: str, *, exact: bool) -> object:
    if "\\u" in text:
        text = _ESCAPE.sub(lambda found: "\\ufffd" if len(found[0]) == _SINGLE else found[0], text)
    try:
        found: object = (_EXACTLY if exact else _NEARLY).decode(text)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        raise UnreadableError(f"it is no JSON at character {error.pos} (line {error.lineno}): {what}") from None
    except RecursionError:
        raise UnreadableError("it is JSON that nests too deeply") from None
    return found


def _short_int(digits: str) -> int | float:
    return number if len(digits) <= _MOST_PLACES and fits(number := int(digits)) else float(digits)


def _exact_int(digits: str) -> int | str:
    return number if len(digits) <= _MOST_PLACES and fits(number := int(digits)) else digits


def _exact_float(digits: str) -> float | str:
    number = float(digits)
    try:
        return number if Decimal(repr(number)) == Decimal(digits) else digits
    except ArithmeticError:  # an exponent beyond all bounds
        return digits


_NEARLY = json.JSONDecoder(strict=False, parse_constant=lambda _name: None, parse_int=_short_int, parse_float=float)
_EXACTLY = json.JSONDecoder(strict=False, parse_constant=lambda _name: None, parse_int=_exact_int, parse_float=_exact_float)
"""Made once: an outage is answered by pages of HTML, each of which is tried."""
