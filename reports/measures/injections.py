"""How soon each fault of a strike took hold: from the start of its injection call to its own probe's word that it is there.

Writing the injection down is in it, and so is the probe: what makes something slow by a second cannot be seen sooner.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.run.events import Event
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import FaultEffective, FaultInjecting, OfFault


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault that was injected."""

    fault: str
    target: str  # what it hit, for people
    effect_s: float | None  # None: its effect was never confirmed


def injections(strike: str, events: Iterable[Event[Facts]]) -> list[Injection]:
    """Those of a strike, in their order."""
    told = [(event.at_s, event.facts) for event in events if isinstance(event.facts, OfFault)]
    mine = [(at_s, facts) for at_s, facts in told if (facts.strike or facts.drill) == strike]
    effective_s: dict[str, float] = {}
    for at_s, facts in mine:
        if isinstance(facts, FaultEffective):
            effective_s.setdefault(facts.lease, at_s)
    return [
        Injection(facts.fault, facts.target, round(effective_s[facts.lease] - at_s, 6) if facts.lease in effective_s else None)
        for at_s, facts in mine
        if isinstance(facts, FaultInjecting)
    ]
