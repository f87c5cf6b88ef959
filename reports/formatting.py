"""How figures become words, the same way everywhere."""

from collections.abc import Iterable
from itertools import islice

_FEW = 5


def few(items: Iterable[str]) -> tuple[str, ...]:
    """The first few, and a line that tells how many more there are."""
    rest = iter(items)
    shown = list(islice(rest, _FEW))
    more = sum(1 for _ in rest)
    return (*shown, f"… and {more} more") if more else tuple(shown)


def many(count: int, noun: str) -> str:
    """`1 grant`, `2 grants`, `no grant`."""
    if count == 0:
        return f"no {noun}"
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural(noun)}"


def plural(noun: str) -> str:
    """More than one of it."""
    if noun.endswith(("s", "ch", "sh", "x")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


def number(value: float | None, digits: int = 3) -> str:
    """A figure with as many digits as it needs, thousands apart; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def measured(value: float | None, unit: str) -> str:
    """A figure with its unit; ratios as per cent, milliseconds from a second on as seconds."""
    if value is None:
        return "–"
    if unit == "ratio":
        return f"{number(value * 100, 2)} %"
    if unit == "ms":
        return milliseconds(value)
    return f"{number(value)} {unit}".strip()


def milliseconds(value: float) -> str:
    """Milliseconds to a tenth, from a second on seconds to a thousandth; what lies below a millisecond whole."""
    if abs(value) >= 1000:  # noqa: PLR2004 - a second
        return f"{number(value / 1000)} s"
    return f"{number(value, 1 if abs(value) >= 1 else 3)} ms"


def yuan(fen: int | None) -> str:
    """Fen as yuan; a dash where there is none."""
    return "–" if fen is None else f"{'−' if fen < 0 else ''}¥{abs(fen) / 100:,.2f}"
