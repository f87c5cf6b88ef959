"""Offenders of an invariant: how many there are, and which of them a reader wants to see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.finding import Finding, judged
from reports.formatting import few


@dataclass(frozen=True, slots=True)
class Offender:
    """One breach."""

    at_ms: float  # when, by the target's clock; 0 where it does not say
    weight: float  # how bad
    sentence: str


def first_worst_last(offenders: Iterable[Offender]) -> tuple[str, ...]:
    """The first, the worst and the last, each once, with a line that tells how many more there are."""
    ordered = sorted(offenders, key=lambda one: (one.at_ms, one.sentence))
    if not ordered:
        return ()
    worst = max(ordered, key=lambda one: one.weight)
    named: dict[str, list[str]] = {}
    for name, one in (("first", ordered[0]), ("worst", worst), ("last", ordered[-1])):
        named.setdefault(one.sentence, []).append(name)
    lines = [f"{' and '.join(names)}: {sentence}" if len(ordered) > 1 else sentence for sentence, names in named.items()]
    more = len({one.sentence for one in ordered}) - len(named)
    return (*lines, f"… and {more} more") if more > 0 else tuple(lines)


def none_wrong(name: str, wrong: Sequence[str], unit: str, detail: str, title: str = "") -> Finding:
    """PASS where there is none; else FAIL with their number, the first of them behind its sentence and a few as evidence."""
    return judged(not wrong, name, len(wrong), 0, unit, detail + (f": {wrong[0]}" if wrong else ""), few(wrong), title)
