"""What a fault took of the redundancy is there again at the drill's end: a system that runs on alone has lost the next round already."""

from collections.abc import Sequence

from reports.evidence import Evidence
from reports.finding import Finding, Kind, Status
from reports.formatting import number
from reports.measures.drill_outcomes import StrikeOutcome
from scenarios.run.event_kinds import Facts, SystemDegraded, SystemPromoted, SystemRedundant, SystemRejoined
from scenarios.run.events import Event

ID = "redundancy"
TITLE = "Redundancy is restored"
KIND = Kind.INVARIANT

_LOST = (SystemDegraded, SystemPromoted)


def check(evidence: Evidence) -> list[Finding]:
    """Each drill whose fault was undone: the last that the system told of its redundancy, and how long it was without.

    Only where the target's file says by which word the system tells that it is back.
    """
    words = evidence.plan.target.events.kinds.values() if evidence.plan.target.events else ()
    if not {"redundant", "rejoined"} & set(words):
        return []
    told = evidence.of_kind(*_LOST, SystemRedundant, SystemRejoined)
    return [found for strike in evidence.strikes if (found := _restored(strike, told)) is not None]


def _restored(strike: StrikeOutcome, told: Sequence[Event[Facts]]) -> Finding | None:
    """None where the system lost none, or was not redundant before; and where the fault was never undone, which is said elsewhere."""
    if strike.zero_s is None or strike.undone_s is None:
        return None
    sign = _sign_of_return([event for event in told if event.at_s < strike.zero_s])
    after = [event for event in told if strike.zero_s <= event.at_s < strike.next_zero_s]
    lost = [event for event in after if isinstance(event.facts, _LOST)]
    if not lost:
        return None
    back = [event for event in after if isinstance(event.facts, sign) and event.at_s >= lost[-1].at_s]
    name = f"redundancy after {strike.id}"
    if not back and strike.next_zero_s != float("inf"):
        return None  # the next drill struck before it could come back
    if not back:
        detail = f"{strike.id}: lost {number(lost[0].at_s - strike.zero_s)} s after the fault, and never restored"
        return Finding(name, Status.FAIL, None, None, "", detail)
    took_s = back[0].at_s - lost[0].at_s
    detail = f"{strike.id}: without for {number(took_s)} s, restored {number(back[0].at_s - strike.undone_s)} s after the undo"
    return Finding(name, Status.PASS, round(took_s, 3), None, "s", detail)


def _sign_of_return(before: Sequence[Event[Facts]]) -> tuple[type[Facts], ...]:
    """What must be told for it to be back: that it is redundant, where it was so before the fault; else that the lost part has rejoined."""
    was = [event for event in before if isinstance(event.facts, (*_LOST, SystemRedundant))]
    return (SystemRedundant,) if was and isinstance(was[-1].facts, SystemRedundant) else (SystemRejoined, SystemRedundant)
