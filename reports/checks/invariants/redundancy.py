"""What a fault took of the redundancy is there again at the drill's end: a system that runs on alone has lost the next round already."""

from collections.abc import Sequence

from reports.evidence import Evidence
from reports.finding import Finding, Kind, Status
from reports.formatting import number
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.failover_split import LOST, loss_of_redundancy
from scenarios.run.events import Event
from scenarios.run.facts import Facts
from scenarios.run.system_event_kinds import SystemRedundant, SystemRejoined

ID = "redundancy"
TITLE = "Redundancy is restored"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> list[Finding]:
    """Each drill whose fault was undone: the last that the system told of its redundancy, and how long it was without.

    Only where the target's file says by which word the system tells that it is back.
    """
    words = evidence.plan.target.events.kinds.values() if evidence.plan.target.events else ()
    if not {"redundant", "rejoined"} & set(words):
        return []
    told = evidence.of_kind(*LOST, SystemRedundant, SystemRejoined)
    return [found for strike in evidence.strikes if (found := _restored(strike, told)) is not None]


def _restored(strike: StrikeOutcome, told: Sequence[Event[Facts]]) -> Finding | None:
    """None where the system lost none, or was not redundant before; and where the fault was never undone, which is said elsewhere."""
    if strike.zero_s is None or strike.undone_s is None:
        return None
    loss = loss_of_redundancy(strike, told)
    if loss is None:
        return None
    name = f"redundancy after {strike.id}"
    if loss.back_s is None and strike.next_zero_s != float("inf"):
        return None  # the next drill struck before it could come back
    if loss.back_s is None:
        detail = f"{strike.id}: lost {number(loss.lost_s - strike.zero_s)} s after the fault, and never restored"
        return Finding(name, Status.FAIL, None, None, "", detail)
    took_s, later_s = loss.back_s - loss.lost_s, loss.back_s - strike.undone_s
    when = f"{number(later_s)} s after the undo" if later_s >= 0 else f"{number(-later_s)} s before the undo"
    detail = f"{strike.id}: without for {number(took_s)} s, restored {when}"
    return Finding(name, Status.PASS, round(took_s, 3), None, "s", detail)
