"""What became of each class of customers' operations while a drill had something broken: reads, and what changes something.

Before = the 10 s before zero; during = from zero until what was broken for a time is taken back (a surge: until it is over), or to the
end of the load; after = the long window where the drill asks for one, else the last W of the load, or before the next strike.
Goodput = share of correct answers in time; shed = share of those turned away; retry amplification = sends / intended operations.
Least goodput = the least of all classes' during / before. Hysteresis = the most of their 1 - after / before, at least 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.finding import NoEvidence
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.retries import amplification
from reports.measures.traffic import Traffic
from scenarios.plan.scenario import STEADY_S
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence

NS = 1_000_000_000
_LEAST = 20
"""Operations of which a share says something."""


@dataclass(frozen=True, slots=True)
class Share:
    """A class of operations in one span. Shares are None where there were too few."""

    count: int
    goodput: float | None
    shed: float | None
    amplification: float | None


@dataclass(frozen=True, slots=True)
class ClassTrial:
    """A class before, during and after."""

    name: str
    before: Share
    during: Share
    after: Share

    @property
    def held(self) -> float | None:
        """Goodput during, as a share of before, 1 at most; None where it cannot be told."""
        return _part(self.during.goodput, self.before.goodput)

    @property
    def missing_after(self) -> float | None:
        """What of the goodput is missing afterwards, as a share of before; None where it cannot be told."""
        part = _part(self.after.goodput, self.before.goodput)
        return None if part is None else round(1 - part, 6)


def class_trials(strike: StrikeOutcome, evidence: "Evidence", customers: Traffic) -> list[ClassTrial]:
    """All operations of customers, then each class. Raises NoEvidence where it never struck."""
    if strike.zero_s is None:
        raise NoEvidence(f"{strike.id} never struck")
    spans = list(_spans(strike, strike.zero_s, min(evidence.load_ends_s, strike.next_zero_s)))
    every = customers.sent
    classes = {"all": every, "reads": every.select(~every.effectful), "changes": every.select(every.effectful)}
    return [ClassTrial(name, *(_share(_between(traffic, *span)) for span in spans)) for name, traffic in classes.items()]


def least_goodput(strike: StrikeOutcome, evidence: "Evidence", customers: Traffic) -> tuple[str, float]:
    """The class, and its figure. Raises NoEvidence where no class had enough operations."""
    return _extreme(((trial.name, trial.held) for trial in class_trials(strike, evidence, customers)), sign=1)


def hysteresis(strike: StrikeOutcome, evidence: "Evidence", customers: Traffic) -> tuple[str, float]:
    """The class, and its figure.

    Raises:
        NoEvidence: no class had enough operations, or the load ended before the long window that the drill asks for.
    """
    _check_long_window(strike, evidence)
    return _extreme(((trial.name, trial.missing_after) for trial in class_trials(strike, evidence, customers)), sign=-1)


def retries_during(strike: StrikeOutcome, evidence: "Evidence") -> float:
    """Sends for each intended operation. Raises NoEvidence where there were too few."""
    return _told(class_trials(strike, evidence, evidence.traffic)[0].during.amplification)


def retries_after(strike: StrikeOutcome, evidence: "Evidence") -> float:
    """The same, afterwards. Raises as `hysteresis`."""
    _check_long_window(strike, evidence)
    return _told(class_trials(strike, evidence, evidence.traffic)[0].after.amplification)


def _check_long_window(strike: StrikeOutcome, evidence: "Evidence") -> None:
    window_s, ends_s = strike.long_window_s, min(evidence.load_ends_s, strike.next_zero_s)
    if strike.drill.long_window is not None and (window_s is None or window_s[1] > ends_s):
        raise NoEvidence(f"the load ended before the long window of {strike.id} was over")


def _told(value: float | None) -> float:
    if value is None:
        raise NoEvidence("too few operations were intended in that time")
    return value


def _spans(strike: StrikeOutcome, zero_s: float, ends_s: float) -> Iterator[tuple[float, float]]:
    yield zero_s - STEADY_S, zero_s
    yield zero_s, min(strike.over_s or ends_s, ends_s)
    asked = strike.long_window_s if strike.drill.long_window is not None else None
    yield asked or (max(zero_s, ends_s - strike.drill.window), ends_s)


def _between(traffic: Traffic, from_s: float, to_s: float) -> Traffic:
    intended = traffic.operations.intended_ns
    return traffic.select((intended >= from_s * NS) & (intended < to_s * NS))


def _share(traffic: Traffic) -> Share:
    count = len(traffic)
    if count < _LEAST:
        return Share(count, None, None, None)
    return Share(count, traffic.good_ratio, traffic.ratio(Outcome.SHED), amplification(traffic.operations))


def _part(value: float | None, of: float | None) -> float | None:
    return None if value is None or not of else min(1.0, value / of)


def _extreme(told: Iterator[tuple[str, float | None]], sign: int) -> tuple[str, float]:
    known = [(value, name) for name, value in told if value is not None]
    if not known:
        raise NoEvidence("no class of operations had enough of them before and meanwhile")
    value, name = min(known, key=lambda one: sign * one[0])
    return name, value
