"""What a value that was read becomes: behind the bars of a path, one after the other. One that cannot be converted counts as none."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.patterns import compile_pattern
from scenarios.target.times import TimePattern
from scenarios.wire.json_reading import fits

Converter = Callable[[object], object]

_MOST_DIGITS = 18


def _fen(yuan: object) -> int | None:
    try:
        fen = Decimal(str(yuan)) * 100
        whole = fen.adjusted() < _MOST_DIGITS and fen == fen.to_integral_value()
        return int(fen) if whole else None  # half a fen is no amount, nor is 1e999
    except (ArithmeticError, ValueError):  # no number, or one that is none (NaN, Infinity) or far too big
        return None


def _int(value: object) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if fits(number) else None


def _seconds(value: object) -> int | None:
    try:
        return round(Decimal(str(value)) * 1000)
    except (ArithmeticError, ValueError):
        return None


CONVERTERS: dict[str, Converter] = {
    "fen": _fen,  # "12.34" yuan -> 1234
    "int": _int,  # of 64 bits
    "str": lambda value: None if value is None else str(value),
    "s": _seconds,  # seconds of the epoch -> milliseconds
}
ALLOWED = ", ".join([*sorted(CONVERTERS), "time(yyyy-MM-dd HH:mm:ss, +08:00)", "match(PATTERN)"])


def split_path(path: str) -> tuple[str, str | None]:
    """A path, and the chain of its converters without the first bar; None where there is none."""
    inside, quote = 0, ""
    for at, char in enumerate(path):
        if quote:
            quote = "" if char == quote else quote
        elif inside and char in "'\"":
            quote = char
        elif char in "[]":
            inside += 1 if char == "[" else -1
        elif char == "|" and inside <= 0:
            return path[:at], path[at + 1 :]
    return path, None


def compile_converters(chain: str, of: str) -> Converter:
    """All of a chain; `of` is the whole text, for the error. Raises BadInput where one is none."""
    found = [_compiled(part.strip(), of) for part in _parts(chain)]
    if len(found) == 1:
        return found[0]

    def convert(value: object) -> object:
        for each in found:
            value = None if value is None else each(value)
        return value

    return convert


def _parts(chain: str) -> Iterator[str]:
    """Its parts; bars inside parentheses divide none."""
    start = depth = 0
    for at, char in enumerate(chain):
        if char in "()" and chain[at - 1 : at] != "\\":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            yield chain[start:at]
            start = at + 1
    yield chain[start:]


def _compiled(part: str, of: str) -> Converter:
    if part in CONVERTERS:
        return CONVERTERS[part]
    name, _, rest = part.partition("(")
    if rest.endswith(")"):
        if name == "match":
            return _match(rest[:-1])
        pattern, comma, zone = rest[:-1].rpartition(",")
        if name == "time" and comma:
            return TimePattern.of(pattern.strip(), zone.strip()).read
    raise BadInput(f"unknown converter {clipped(part)!r} in {clipped(of)!r}; allowed: {ALLOWED}")


def _match(source: str) -> Converter:
    pattern = compile_pattern(source)

    def match(value: object) -> str | None:
        found = None if value is None else pattern.search(str(value))
        return None if found is None else found[pattern.groups]

    return match
