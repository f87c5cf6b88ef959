"""What happened in a drill, moment by moment: its own steps, what the system told, what people marked, and what the pulse shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reports.evidence import Evidence
from reports.languages import Language
from reports.languages.telling import tell
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


class Teller(StrEnum):
    """Whose words a moment's are: only the program's own have a language."""

    PROGRAM = "program"
    PULSE = "pulse"
    SYSTEM = "system"
    PEOPLE = "people"

    @property
    def is_ours(self) -> bool:
        """Whether the program said it."""
        return self in (Teller.PROGRAM, Teller.PULSE)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story."""

    at_s: float  # since T0
    teller: Teller
    what: str  # a word
    said: str = ""
    as_it_is: str = ""  # what follows and is the same in every language: an answer, a command to type, a gate
    name: str = ""  # of the one who told it, where it is not the program

    def by(self, language: Language) -> str:
        """Who it was; a dash where nobody says."""
        return word(self.teller, language) if self.teller.is_ours else self.name or "–"

    def words(self, language: Language) -> str:
        """What was said: of people and of the system as they said it."""
        said = tell(self.said, language) if self.teller.is_ours and self.said else self.said
        return _joined(said, self.as_it_is)


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
    system = [moment for moment in found if moment.teller is Teller.SYSTEM]
    if len(system) <= _MOST:
        return found
    left_out = {id(moment) for moment in system[_MOST:]}
    more = Moment(system[_MOST].at_s, Teller.PROGRAM, "system", f"… and {len(left_out)} more")
    return [moment for moment in found if id(moment) not in left_out] + [more]


def _computed(recovery: Recovery, zero_s: float) -> Iterator[Moment]:
    strike = recovery.strike
    yield Moment(zero_s, Teller.PULSE if strike.observed else Teller.PROGRAM, "zero")
    if strike.observed and strike.felt and strike.effective_s is not None:
        yield Moment(strike.effective_s, Teller.PULSE, "trouble")
    if recovery.rto_s is not None and not recovery.rto_censored:
        yield Moment(zero_s + recovery.rto_s, Teller.PULSE, "recovered")


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
            yield Moment(at_s, Teller.PEOPLE, f"mark.{mark}" if facts.of else "marked", words, name=by)
        case OfSystem(source=source, told=told, detail=detail, more=more):
            between = " to ".join(str(more[end]) for end in ("node", "dependency") if end in more)
            said = dict.fromkeys(filter(None, (told or facts.kind.partition(".")[2], detail, between)))
            yield Moment(at_s, Teller.SYSTEM, "system", " ".join(said), name=source)
        case _ if type(facts) in _OWN:
            yield Moment(at_s, Teller.PROGRAM, _OWN[type(facts)], *_said(facts))


def _said(facts: Facts) -> tuple[str, str]:
    """The fault, where it is one's, and what the event says of it; and what follows as it is."""
    match facts:
        case FaultNotUndone(fault=fault, target=target, reason=answer, by_hand=by_hand):
            return _joined(fault, target), _joined(answer, by_hand)
        case FaultNotHealed(fault=fault, evidence=answer):
            return fault, answer
        case GateBreached(gate=gate):
            return "", gate
        case _:
            return _joined(*(getattr(facts, name, "") for name in ("fault", "target", "evidence", "reason"))), ""


def _joined(*parts: str) -> str:
    return ": ".join(filter(None, parts))
