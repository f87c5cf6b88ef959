"""What happened in a drill, moment by moment: its own steps, what the system told, what people marked, and what the pulse shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.evidence import Evidence
from reports.languages import Language
from reports.measures.recovery import Recovery
from reports.output.exercise.words import word
from scenarios.run.event_kinds import GateBreached, RunInterrupted
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import (
    DrillRefused,
    DrillSteady,
    FaultEffective,
    FaultFailed,
    FaultHealed,
    FaultInjecting,
    FaultNotHealed,
    FaultNotUndone,
    FaultUndone,
    FaultWithoutEffect,
    OfDrill,
    OfFault,
)
from scenarios.run.mark_kinds import Marked, ObservedSteady
from scenarios.run.system_event_kinds import OfSystem

_BEFORE_S = 30.0
_MOST = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story."""

    at_s: float  # since T0
    who: str  # a word, or a name
    what: str  # a word
    said: str = ""  # as it was said
    of_people: bool = False

    def by(self, language: Language) -> str:
        """Who it was; a dash where nobody says."""
        return word(self.who, language) if self.who in ("program", "pulse") and not self.of_people else self.who or "–"


def moments(evidence: Evidence, recovery: Recovery) -> list[Moment]:
    """Those of one strike by time, from shortly before it until the next one; the system's own are cut where they are many."""
    strike = recovery.strike
    zero_s = strike.zero_s or 0.0
    found = [
        moment
        for event in evidence.events
        if _within(event.at_s, event.facts, zero_s, strike.next_zero_s, strike.id)
        for moment in _told(event.at_s, event.facts)
    ]
    return sorted([*_few_of_system(found), *_computed(recovery, zero_s)], key=lambda moment: moment.at_s)


def all_marks(evidence: Evidence) -> list[Moment]:
    """What people marked in the whole run."""
    return [moment for event in evidence.of_kind(Marked) for moment in _told(event.at_s, event.facts)]


def _within(at_s: float, facts: Facts, zero_s: float, next_s: float, strike: str) -> bool:
    if isinstance(facts, (OfFault, OfDrill)):
        return (facts.strike or facts.drill) == strike
    if isinstance(facts, (Marked, ObservedSteady)):
        return at_s < next_s
    return zero_s - (0.0 if isinstance(facts, OfSystem) else _BEFORE_S) <= at_s < next_s


def _few_of_system(found: list[Moment]) -> list[Moment]:
    system = [moment for moment in found if moment.what == "system"]
    if len(system) <= _MOST:
        return found
    left_out = {id(moment) for moment in system[_MOST:]}
    more = Moment(system[_MOST].at_s, system[_MOST].who, "system", f"… and {len(left_out)} more")
    return [moment for moment in found if id(moment) not in left_out] + [more]


def _computed(recovery: Recovery, zero_s: float) -> Iterator[Moment]:
    strike = recovery.strike
    yield Moment(zero_s, "pulse" if strike.observed else "program", "zero")
    if strike.observed and strike.felt and strike.effective_s is not None:
        yield Moment(strike.effective_s, "pulse", "trouble")
    if recovery.rto_s is not None and not recovery.rto_censored:
        yield Moment(zero_s + recovery.rto_s, "pulse", "recovered")


_OWN: dict[type[Facts], str] = {
    DrillSteady: "steady",
    ObservedSteady: "steady",
    DrillRefused: "refused",
    FaultInjecting: "injecting",
    FaultEffective: "effective",
    FaultWithoutEffect: "without_effect",
    FaultUndone: "undone",
    FaultHealed: "healed",
    FaultNotHealed: "not_healed",
    FaultNotUndone: "not_undone",
    FaultFailed: "failed",
    RunInterrupted: "stopped",
    GateBreached: "stopped",
}
"""The words for what the program itself tells."""


def _told(at_s: float, facts: Facts) -> Iterator[Moment]:
    match facts:
        case Marked(mark=mark, words=words, by=by):
            yield Moment(at_s, by, f"mark.{mark}" if facts.of else "marked", words, of_people=True)
        case OfSystem(source=source, told=told, detail=detail, more=more):
            between = " to ".join(str(more[end]) for end in ("node", "dependency") if end in more)
            said = dict.fromkeys(filter(None, (told or facts.kind.partition(".")[2], detail, between)))
            yield Moment(at_s, source, "system", " ".join(said))
        case _ if type(facts) in _OWN:
            yield Moment(at_s, "program", _OWN[type(facts)], _said(facts))


def _said(facts: Facts) -> str:
    """The fault, where it is one's, and what the event says of it."""
    told = (getattr(facts, name, "") for name in ("fault", "target", "evidence", "reason", "by_hand", "gate"))
    return ": ".join(filter(None, told))
