"""When the system had two writers: by what it tells of itself, and by what its customers were told."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.finding import NoEvidence
from scenarios.run.system_event_kinds import SystemWriters

if TYPE_CHECKING:
    from reports.evidence import Evidence
    from reports.measures.drill_outcomes import StrikeOutcome


@dataclass(frozen=True, slots=True)
class TwoWriters:
    """A time with two writers."""

    from_s: float
    to_s: float
    seen: str
    operations: int = 0  # acknowledged in it, and lost

    @property
    def lasts_s(self) -> float:
        """How long."""
        return self.to_s - self.from_s

    def __str__(self) -> str:
        """When, and who says so."""
        return f"from {self.from_s:.3f} to {self.to_s:.3f} s: {self.seen}"


def by_own_word(evidence: "Evidence") -> list[TwoWriters] | None:
    """From the moment in which the system told of more than one until it told of fewer; None where it tells nothing of it."""
    told = evidence.of_kind(SystemWriters)
    if not told:
        return None
    ends_s = max(told[-1].at_s, evidence.last_s)
    until_s = [event.at_s for event in told[1:]] + [ends_s]
    return [
        TwoWriters(event.at_s, end_s, f"the system told of {event.facts.count} writers")
        for event, end_s in zip(told, until_s, strict=True)
        if event.facts.count > 1
    ]


def most_writers(strike: "StrikeOutcome", evidence: "Evidence") -> int:
    """The most that the system told of at one time, from a strike to the next one. Raises NoEvidence."""
    told = evidence.of_kind(SystemWriters)
    if not told or strike.zero_s is None:
        raise NoEvidence("the target does not tell who accepts writes")
    before = [event.facts.count for event in told if event.at_s <= strike.zero_s][-1:]
    since = [event.facts.count for event in told if strike.zero_s < event.at_s < strike.next_zero_s]
    return max([*before, *since], default=0)


def by_acknowledgements(evidence: "Evidence") -> list[TwoWriters]:
    """After each fault's effect: between the first and the last acknowledgement of what is not there afterwards. Raises NoEvidence."""
    reconciled = evidence.reconciliation
    ended_s = reconciled.keys.ended_ns[reconciled.lost] / 1e9
    found = []
    for strike in evidence.strikes:
        if strike.zero_s is None:
            continue
        since_s = strike.zero_s if strike.effective_s is None else strike.effective_s
        mine = ended_s[(ended_s > since_s) & (ended_s <= strike.next_zero_s)]
        if len(mine):
            seen = f"{len(mine)} operations acknowledged after {strike.id}, which nobody has"
            found.append(TwoWriters(float(mine.min()), float(mine.max()), seen, len(mine)))
    return found


def counted(evidence: "Evidence") -> bool:
    """Whether the system has told who accepts writes: two that lose nothing are seen by that alone."""
    return bool(evidence.of_kind(SystemWriters))


def by_either(evidence: "Evidence") -> list[TwoWriters]:
    """By its own word, then by the acknowledgements. Raises NoEvidence where neither tells."""
    told = by_own_word(evidence)
    try:
        lost = by_acknowledgements(evidence)
    except NoEvidence:
        if told is None:
            raise
        lost = []
    return [*(told or []), *lost]
