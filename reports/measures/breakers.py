"""What circuit breakers did in a drill of a dependency: by what they told, and by the calls that the dependency says reached it.

Of each breaker (one of a node, for the dependency that the drill broke), with zero the start of the injection, U the last undo and R the
later of U and the first moment after zero at which the target tells that its node serves (one that died can call nobody before):
time to open = first opening after zero - zero; time to close = the moment after U since which it is closed - R; half-open probes = the most
calls that the dependency says were sent in one half-open time; calls while open = those sent while it was open; openings = how often it
opened after zero, from half-open too; flaps = openings after it had closed behind U. The worst breaker counts. A breaker that did not open,
or not close, while there was load takes longer than that: censored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence
from reports.measures.arrays import I64, column, integers
from reports.measures.drill_outcomes import StrikeOutcome
from scenarios.run.fault_event_kinds import FaultInjecting
from scenarios.run.system_event_kinds import SystemBreaker, SystemBreakerClosed, SystemBreakerHalfOpened, SystemBreakerOpened, SystemServes

if TYPE_CHECKING:
    from reports.evidence import Evidence

_NS = 1_000_000_000
_NEVER_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a breaker was in one state; in ns since T0."""

    state: type[SystemBreaker]
    from_ns: int
    to_ns: int

    @property
    def from_s(self) -> float:
        """When it began."""
        return self.from_ns / _NS

    @property
    def to_s(self) -> float:
        """When it ended; long after everything where it did not."""
        return self.to_ns / _NS


@dataclass(frozen=True, slots=True)
class BreakerTrial:
    """One breaker in one strike. Times in seconds."""

    node: str
    dependency: str
    open_s: float
    open_censored: bool  # it never opened: it takes longer than that
    close_s: float | None  # None: it never opened, or the fault was never taken back
    may_close_from_s: float | None  # what `close_s` counts from: the undo, or when the node served again after it
    close_censored: bool
    probes: int
    calls_while_open: int
    openings: int
    flaps: int

    def figure(self, measure: str) -> tuple[float | None, bool]:
        """A gate's measure, None where it did not come to that; and whether the true figure is greater."""
        return {
            "time to open": (self.open_s, self.open_censored),
            "time to close": (self.close_s, self.close_censored),
            "half-open probes": (float(self.probes), False),
            "calls while open": (float(self.calls_while_open), False),
            "openings": (float(self.openings), False),
            "flaps": (float(self.flaps), False),
        }[measure]


def breaker_trials(strike: StrikeOutcome, evidence: "Evidence") -> list[BreakerTrial]:
    """What each breaker did that guards the dependency which this strike broke.

    Raises:
        NoEvidence: the strike hit nothing that is known for a dependency, nobody called it, the calls that reached it are not on record, or
            the target does not tell of its breakers.
    """
    source = evidence.plan.target.events
    if source is None or "breaker_opened" not in source.kinds.values():
        raise NoEvidence("the target tells nothing of its circuit breakers")
    dependency = _dependency(strike, evidence)
    table = evidence.table("calls")
    mine = np.array([name == dependency for name in column(table, "dependency")], bool)
    callers = column(table, "caller")[mine]
    sent_ns = integers(column(table, "sent_ns")[mine], "sent_ns") - evidence.plan.t0_monotonic_ns
    if strike.zero_s is None or not len(callers):
        raise NoEvidence(f"{strike.id}: nobody called {dependency}")
    return [_trial(strike, str(node), dependency, np.sort(sent_ns[callers == node]), evidence) for node in sorted(set(callers))]


def _dependency(strike: StrikeOutcome, evidence: "Evidence") -> str:
    """What the strike's faults say that they hit: a supplier, or what a node's link leads to (`campaign-a.bank`)."""
    told = [
        event.facts.parameters.get("supplier") or str(event.facts.parameters.get("link", "")).partition(".")[2]
        for event in evidence.of_kind(FaultInjecting)
        if (event.facts.strike or event.facts.drill) == strike.id
    ]
    named = [str(name) for name in told if name]
    if not named:
        raise NoEvidence(f"{strike.id} broke no dependency that a breaker could guard")
    return named[0]


def _trial(strike: StrikeOutcome, node: str, dependency: str, sent_ns: I64, evidence: "Evidence") -> BreakerTrial:
    zero_s, ends_s = strike.zero_s or 0.0, min(evidence.load_ends_s, strike.next_zero_s)
    spans = [span for span in _spans(node, dependency, evidence) if span.from_s >= zero_s]
    opened = [span.from_s for span in spans if span.state is SystemBreakerOpened and span.from_s < ends_s]
    from_s = _may_close_from(strike, node, evidence)
    close_s, censored = _closed(spans, strike.undone_s, from_s, ends_s) if opened else (None, False)
    closed_at_s = np.inf if close_s is None or censored or from_s is None else from_s + close_s
    return BreakerTrial(
        node,
        dependency,
        round((opened[0] if opened else ends_s) - zero_s, 3),
        not opened,
        close_s,
        from_s,
        censored,
        max((_sent_in(span, sent_ns) for span in spans if span.state is SystemBreakerHalfOpened), default=0),
        sum(_sent_in(span, sent_ns) for span in spans if span.state is SystemBreakerOpened),
        len(opened),
        sum(at_s > closed_at_s for at_s in opened),
    )


def _spans(node: str, dependency: str, evidence: "Evidence") -> Iterator[Span]:
    told = [
        event
        for event in evidence.of_kind(SystemBreaker)
        if (event.facts.more.get("node"), event.facts.more.get("dependency")) == (node, dependency)
    ]
    for event, following in zip_longest(told, told[1:]):
        yield Span(type(event.facts), event.at_ns, following.at_ns if following else _NEVER_NS)


def _may_close_from(strike: StrikeOutcome, node: str, evidence: "Evidence") -> float | None:
    """The last undo, or the first time after zero that the node is told to serve, where that is later and there is load still."""
    if strike.undone_s is None:
        return None
    zero_s, ends_s = strike.zero_s or 0.0, min(evidence.load_ends_s, strike.next_zero_s)
    served = (event.at_s for event in evidence.of_kind(SystemServes) if event.facts.more.get("node") == node and event.at_s >= zero_s)
    again_s = next(served, strike.undone_s)
    return max(strike.undone_s, again_s) if again_s < ends_s else strike.undone_s


def _closed(spans: Sequence[Span], undone_s: float | None, from_s: float | None, ends_s: float) -> tuple[float | None, bool]:
    """How long after that it was closed, 0 where it was so already; and whether, since the undo, it never was while there was load."""
    if undone_s is None or from_s is None:
        return None, False
    closed = [span for span in spans if span.state is SystemBreakerClosed and span.to_s > undone_s and span.from_s < ends_s]
    return round(max(0.0, (closed[0].from_s if closed else ends_s) - from_s), 3), not closed


def _sent_in(span: Span, sent_ns: I64) -> int:
    start, end = np.searchsorted(sent_ns, (span.from_ns, span.to_ns))
    return int(end - start)
