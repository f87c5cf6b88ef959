"""The way to a new path in steps, from what the system told; where other hands fail over, first from what they marked.

detection = first word about the fault - zero; decision = failover command - detection; failover = new path accepts writes - command.
Redundancy is restored when all that the fault had taken of it is there again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reports.measures.drill_outcomes import StrikeOutcome
from scenarios.plan.observed import MarkKind
from scenarios.run.events import Event, of_kind
from scenarios.run.facts import Facts
from scenarios.run.system_event_kinds import (
    OfSystem,
    SystemDegraded,
    SystemDetected,
    SystemPromoted,
    SystemPromoting,
    SystemRedundant,
    SystemRejoined,
)

LOST = (SystemDegraded, SystemPromoted)
NO_SURPRISE = "it was marked before anybody felt anything: it was no surprise"
NONE_LOST = "the system lost none, or does not tell"


@dataclass(frozen=True, slots=True)
class Split:
    """In seconds; None where nobody tells."""

    detection_s: float | None
    decision_s: float | None
    failover_s: float | None
    redundancy_s: float | None  # until it is restored: from zero, or from the undo where the fault itself kept it away until then


@dataclass(frozen=True, slots=True)
class _Span:
    """From one word to another, in seconds since T0."""

    since_s: float | None
    until_s: float | None
    untold: str  # why there is none where one of them is missing
    turned: str = ""  # and where the later step was told before the earlier one

    @property
    def lasts_s(self) -> float | None:
        """Never negative: None where it ends before it begins."""
        if self.since_s is None or self.until_s is None or self.until_s < self.since_s:
            return None
        return round(self.until_s - self.since_s, 6)

    @property
    def why_not(self) -> str:
        """Where it does not last."""
        return self.untold if self.since_s is None or self.until_s is None else self.turned


def split_of(strike: StrikeOutcome, zero_s: float, events: Iterable[Event[Facts]], reasons: dict[str, str]) -> Split:
    """The steps after a strike; what cannot be told gets its reason."""
    told = _told(strike, zero_s, events)
    marked = _marked(strike.marks, zero_s) if strike.observed else {}
    found: dict[str, float | None] = {}
    for name, by_system in told.items():
        spans = [marked[name], by_system] if name in marked else [by_system]
        found[name] = next((span.lasts_s for span in spans if span.lasts_s is not None), None)
        if found[name] is None:
            reasons[name] = spans[0].why_not
    return Split(**found)


def _marked(marks: Mapping[MarkKind, float], zero_s: float) -> dict[str, _Span]:
    """By the mark of each kind that counts."""
    detected, switched, returned = (marks.get(kind) for kind in (MarkKind.DETECTED, MarkKind.SWITCHED, MarkKind.RETURNED))
    command = MarkKind.SWITCHING if MarkKind.SWITCHING in marks else MarkKind.DECIDED
    commanded = marks.get(command)
    surprise = detected is None or detected >= zero_s
    early = returned is not None and switched is not None and returned < switched
    return {
        "detection_s": _Span(zero_s, detected if surprise else None, "nobody marked 'detected'" if surprise else NO_SURPRISE),
        "decision_s": _Span(
            detected, commanded, "nobody marked both 'detected' and 'switching' or 'decided'", f"'{command}' was marked before 'detected'"
        ),
        "failover_s": _Span(
            commanded, switched, "nobody marked both 'switching' or 'decided' and 'switched'", f"'switched' was marked before '{command}'"
        ),
        "redundancy_s": _Span(
            zero_s, None if early else returned, "'returned' was marked before 'switched'" if early else "nobody marked 'returned'"
        ),
    }


def _told(strike: StrikeOutcome, zero_s: float, events: Iterable[Event[Facts]]) -> dict[str, _Span]:
    """By the first word of each kind between this fault and the next."""
    after = [event for event in of_kind(events, OfSystem) if zero_s <= event.at_s < strike.next_zero_s]
    told: dict[type[Facts], float] = {}
    for event in after:
        told.setdefault(type(event.facts), event.at_s)
    loss = loss_of_redundancy(strike, of_kind(events, *LOST, SystemRedundant, SystemRejoined))
    restored_s = None if loss is None else loss.back_s
    kept_away = strike.undone_s is not None and (restored_s is None or restored_s >= strike.undone_s)
    since_s = strike.undone_s if kept_away else zero_s
    untold = NONE_LOST if loss is None else "the system did not tell that it is restored"
    detected, promoting, promoted = (told.get(kind) for kind in (SystemDetected, SystemPromoting, SystemPromoted))
    return {
        "detection_s": _Span(zero_s, detected, "the system told of no detection"),
        "decision_s": _Span(
            detected, promoting, "the system told of no failover command", "the system told of its failover command before its detection"
        ),
        "failover_s": _Span(
            promoting, promoted, "the system told of no new path", "the system told of its new path before its failover command"
        ),
        "redundancy_s": _Span(since_s, restored_s, untold),
    }


def switches(strike: StrikeOutcome, promoted: Iterable[Event[Facts]]) -> int:
    """How often the system told that a new path accepts writes, between this strike and the next. Whom it restarted in place is none."""
    return sum(strike.zero_s is not None and strike.zero_s <= event.at_s < strike.next_zero_s for event in promoted)


@dataclass(frozen=True, slots=True)
class RedundancyLoss:
    """What the system told of its redundancy after a strike."""

    lost_s: float  # first
    back_s: float | None  # after the last loss; None: it was not told to be back


def loss_of_redundancy(strike: StrikeOutcome, told: Sequence[Event[Facts]]) -> RedundancyLoss | None:
    """None where the system lost none after the strike. `told`: its losses and returns."""
    if strike.zero_s is None:
        return None
    sign = _sign_of_return([event for event in told if event.at_s < strike.zero_s])
    after = [event for event in told if strike.zero_s <= event.at_s < strike.next_zero_s]
    lost = [event.at_s for event in after if isinstance(event.facts, LOST)]
    if not lost:
        return None
    back = [event.at_s for event in after if isinstance(event.facts, sign) and event.at_s >= lost[-1]]
    return RedundancyLoss(lost[0], back[0] if back else None)


def _sign_of_return(before: Sequence[Event[Facts]]) -> tuple[type[Facts], ...]:
    """What must be told for it to be back: that it is redundant, where it was so before the fault; else that the lost part has rejoined."""
    was = [event for event in before if isinstance(event.facts, (*LOST, SystemRedundant))]
    return (SystemRedundant,) if was and isinstance(was[-1].facts, SystemRedundant) else (SystemRejoined, SystemRedundant)
