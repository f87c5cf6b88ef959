"""What the load processes told of their own health, second by second."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.finding import NoEvidence
from scenarios.run.event_kinds import LoadHealth, LoadReady

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure of one load process over the second from since_s to at_s."""

    writer: str
    since_s: float
    at_s: float
    value: float

    def __str__(self) -> str:
        """Who and when."""
        return f"{self.writer} at {self.at_s:.1f} s"


@dataclass(frozen=True, slots=True)
class Spell:
    """Seconds in a row of one load process."""

    writer: str = ""
    since_s: float = 0.0
    until_s: float = 0.0

    @property
    def lasts_s(self) -> float:
        """How long."""
        return self.until_s - self.since_s

    def __str__(self) -> str:
        """How long, and when."""
        return f"{self.lasts_s:.1f} s, from {self.since_s:.1f} to {self.until_s:.1f} s"


def readings(evidence: "Evidence", figure: Callable[[LoadHealth], float | None], *, before_t0: bool = False) -> list[Reading]:
    """A figure of their health as all load processes told it since T0; for what they did before, nobody waited.

    Raises:
        NoEvidence: no load process told of it.
    """
    found: list[Reading] = []
    last: dict[str, float] = {}
    for event in evidence.of_kind(LoadReady, LoadHealth):
        value = figure(event.facts) if isinstance(event.facts, LoadHealth) else None
        if value is not None and (before_t0 or event.at_s > 0):
            found.append(Reading(event.writer, min(event.at_s, max(0.0, last.get(event.writer, 0.0))), event.at_s, value))
        last[event.writer] = event.at_s
    if not found:
        raise NoEvidence("no load process told of its health")
    return found


def worst(found: Iterable[Reading]) -> Reading:
    """The one furthest from zero, the earliest of equals."""
    return max(found, key=lambda reading: (abs(reading.value), -reading.at_s, reading.writer))


def longest_spell(found: Iterable[Reading], at_least: float) -> Spell:
    """The longest time in a row in which one load process's figure was never less than that."""
    longest, now = Spell(), dict[str, Spell]()
    for reading in found:
        if reading.value < at_least:
            now.pop(reading.writer, None)
            continue
        begun = now.get(reading.writer)
        spell = Spell(reading.writer, begun.since_s if begun else reading.since_s, reading.at_s)
        now[reading.writer] = spell
        longest = max(longest, spell, key=lambda one: one.lasts_s)
    return longest
