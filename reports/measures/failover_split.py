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


Span = tuple[float | None, float | None, str]


def split_of(strike: StrikeOutcome, zero_s: float, events: Iterable[Event[Facts]], reasons: dict[str, str]) -> Split:
    """The steps after a strike; what cannot be told gets its reason."""
    told = _told(strike, zero_s, events)
    marked = _marked(strike.marks, zero_s) if strike.observed else {}
    found: dict[str, float | None] = {}
    for name, by_system in told.items():
        spans = [marked[name], by_system] if name in marked else [by_system]
        since, until, _ = next((span for span in spans if None not in span), spans[0])
        found[name] = round(until - since, 6) if since is not None and until is not None else None
        if found[name] is None:
            reasons[name] = spans[0][2]
    return Split(**found)


def _marked(marks: Mapping[MarkKind, float], zero_s: float) -> dict[str, Span]:
    """By the first mark of each kind."""
    detected, switched, returned = (marks.get(kind) for kind in (MarkKind.DETECTED, MarkKind.SWITCHED, MarkKind.RETURNED))
    command = marks.get(MarkKind.SWITCHING, marks.get(MarkKind.DECIDED))
    surprise = detected is None or detected >= zero_s
    return {
        "detection_s": (zero_s, detected if surprise else None, "nobody marked 'detected'" if surprise else NO_SURPRISE),
        "decision_s": (detected, command, "nobody marked both 'detected' and 'switching' or 'decided'"),
        "failover_s": (command, switched, "nobody marked both 'switching' or 'decided' and 'switched'"),
        "redundancy_s": (zero_s, returned, "nobody marked 'returned'"),
    }


def _told(strike: StrikeOutcome, zero_s: float, events: Iterable[Event[Facts]]) -> dict[str, Span]:
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
    return {
        "detection_s": (zero_s, told.get(SystemDetected), "the system told of no detection"),
        "decision_s": (told.get(SystemDetected), told.get(SystemPromoting), "the system told of no failover command"),
        "failover_s": (told.get(SystemPromoting), told.get(SystemPromoted), "the system told of no new path"),
        "redundancy_s": (since_s, restored_s, untold),
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
