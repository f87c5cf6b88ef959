"""What a drill that ran alone came to, in the figures that a resilience policy limits; and what a policy says of several."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from reports.finding import Status
from reports.formatting import measured, number
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.injections import Injection, injections
from reports.measures.recovery import PathPulse, Recovery
from reports.measures.traffic import Traffic
from scenarios.plan.policy import DomainPolicy, FaultDomain, Policy
from scenarios.run.outcomes import ERRORS, RATIOS, Outcome
from scenarios.run.recovery_window import NS

if TYPE_CHECKING:
    from reports.evidence import Evidence

NumberT = TypeVar("NumberT", int, float)

_SPARK_BEFORE_S, _SPARK_AFTER_S, _SPARK_BIN_S = 5, 25, 0.5


@dataclass(frozen=True, slots=True)
class Figures:
    """The worst of a drill's strikes; None where it cannot be told."""

    rto_s: float | None = None
    rto_censored: bool = False
    rpo_operations: int | None = None
    rpo_s: float | None = None
    rpo_fen: int | None = None
    detection_s: float | None = None
    redundancy_s: float | None = None
    error_ratio: float | None = None  # of customers' operations from zero to the recovery
    spark: tuple[float | None, ...] = ()  # good share of the pulse's worst path around zero, by half seconds
    injections: tuple[Injection, ...] = ()  # of all of them, by time


@dataclass(frozen=True, slots=True)
class DrillResult:
    """A drill of a series: what it came to, or why it was not run."""

    drill: str
    domain: FaultDomain | None  # None: its file does not state it
    word: Status | None = None  # None: it was not run
    sentence: str = ""  # why the word is what it is; why it was not run
    folder: Path | None = None
    figures: Figures = Figures()


def figures_of(evidence: "Evidence", strike: str = "") -> Figures:
    """The figures of a run's strikes, or of one of them alone."""
    found = [one for one in evidence.recoveries if strike in ("", one.id)]
    if not found:
        return Figures()
    return Figures(
        rto_s=_worst(one.rto_s for one in found),
        rto_censored=any(one.rto_censored for one in found),
        rpo_operations=_worst(one.loss.rpo_operations for one in found),
        rpo_s=_worst(one.loss.rpo_s for one in found),
        rpo_fen=_worst(one.loss.rpo_fen for one in found),
        detection_s=_most(one.detection_s for one in found),
        redundancy_s=_most(one.redundancy_s for one in found),
        error_ratio=_worst(_error_ratio(evidence, one) for one in found),
        spark=_spark(evidence, found[0]),
        injections=tuple(injection for one in found for injection in injections(one.id, evidence.events)),
    )


def _worst(values: Iterable[NumberT | None]) -> NumberT | None:
    """The greatest, unknown where one is: what cannot be told may be worse."""
    found = list(values)
    known = [value for value in found if value is not None]
    return max(known) if known and len(known) == len(found) else None


def _most(values: Iterable[NumberT | None]) -> NumberT | None:
    """The greatest of those that are told: not each strike makes the system fail over."""
    return max((value for value in values if value is not None), default=None)


def _error_ratio(evidence: "Evidence", recovery: Recovery) -> float | None:
    zero_s = recovery.strike.zero_s
    if zero_s is None or recovery.rto_s is None:
        return None
    intended = evidence.traffic.operations.intended_ns
    during = evidence.traffic.select((intended >= zero_s * NS) & (intended <= (zero_s + recovery.rto_s) * NS))
    return during.ratio(*RATIOS["error ratio"]) if len(during) else 0.0


def failures(traffic: Traffic, strike: StrikeOutcome) -> tuple[int, int]:
    """Operations that failed, may have, or were turned away, and among how many: all that had no answer yet when a strike began.

    To the next strike, or the end of the load.
    """
    if strike.zero_s is None:
        return 0, 0
    found = traffic.operations
    answered_ns = found.intended_ns + found.latency_us.astype(np.int64) * 1000
    during = traffic.select((answered_ns >= strike.zero_s * NS) & (found.intended_ns < strike.next_zero_s * NS))
    return sum(during.count(outcome) for outcome in (*ERRORS, Outcome.SHED)), len(during.sent)


def _spark(evidence: "Evidence", recovery: Recovery) -> tuple[float | None, ...]:
    zero_s = recovery.strike.zero_s or 0.0
    offsets = np.arange(-_SPARK_BEFORE_S, _SPARK_AFTER_S, _SPARK_BIN_S)
    starts = np.round((zero_s + offsets[zero_s + offsets + _SPARK_BIN_S <= evidence.load_ends_s]) * NS).astype(np.int64)
    shares = []
    for path in recovery.paths:
        intended, good = PathPulse.of(evidence.pulse.of_operation(path.operation)).asked.windows(starts, round(_SPARK_BIN_S * NS))
        shares.append(np.where(intended > 0, good / np.maximum(1, intended), np.nan))
    if not shares:
        return ()
    least = np.fmin.reduce(shares)
    return tuple(None if np.isnan(share) else round(float(share), 3) for share in least)


@dataclass(frozen=True, slots=True)
class DomainRow:
    """What a policy says of one fault domain."""

    holds: bool
    domain: FaultDomain
    ran: int
    missing: tuple[str, ...]  # required, and not run
    worst: str  # the drill that weighs most; empty where none ran
    why: tuple[str, ...]  # what does not hold, or how near the worst one came


def policy_rows(policy: Policy, results: Sequence[DrillResult]) -> list[DomainRow]:
    """A row for each domain of the policy. What was required and has not run is missing, whatever the reason."""
    return [_row(owed, domain, results) for domain, owed in policy.domains.stated.items()]


def _row(owed: DomainPolicy, domain: FaultDomain, results: Sequence[DrillResult]) -> DomainRow:
    ran = [result for result in results if result.word is not None and (result.domain == domain or result.drill in owed.require)]
    missing = tuple(name for name in owed.require if name not in {result.drill for result in ran})
    broken = [(result.drill, problem) for result in ran for problem in _problems(result, owed)]
    untold = [f"{name} was told by none of them" for name, of in _TOLD if getattr(owed, name) is not None and ran and not any(map(of, ran))]
    why = [f"{drill}: {problem}" for drill, problem in broken] + untold + [f"{name} was not run" for name in missing]
    nearest = max(ran, key=lambda result: _nearness(result, owed), default=None)
    worst = broken[0][0] if broken else nearest.drill if nearest else ""
    return DomainRow(not why and bool(ran), domain, len(ran), missing, worst, tuple(why) or ((_kept(nearest, owed),) if nearest else ()))


_TOLD: tuple[tuple[str, Callable[[DrillResult], bool]], ...] = (
    ("detection", lambda result: result.figures.detection_s is not None),
    ("redundancy", lambda result: result.figures.redundancy_s is not None),
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a policy, and what it was held against."""

    name: str
    value: float | None
    limit: float
    unit: str
    needed: bool  # not told is not kept
    censored: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether it is kept; None where nobody tells, and need not."""
        if self.value is None:
            return False if self.needed else None
        return not self.censored and self.value <= self.limit

    @property
    def shown(self) -> str:
        """What was measured."""
        return f"{'> ' if self.censored else ''}{measured(self.value, self.unit)}"


def limits_of(figures: Figures, owed: DomainPolicy) -> Iterator[Limit]:
    """The limits that a domain states, with a drill's figures."""
    for name, value, limit, unit, needed in (
        ("RTO", figures.rto_s, owed.rto, "s", True),
        ("RPO", figures.rpo_operations, owed.rpo, "operations", True),
        ("detection", figures.detection_s, owed.detection, "s", False),
        ("redundancy", figures.redundancy_s, owed.redundancy, "s", False),
        ("error ratio", figures.error_ratio, owed.error_ratio, "ratio", True),
    ):
        if limit is not None:
            yield Limit(name, value, limit, unit, needed, censored=name == "RTO" and figures.rto_censored)


def _problems(result: DrillResult, owed: DomainPolicy) -> Iterator[str]:
    if result.word is not Status.PASS:
        yield f"{result.word}, {result.sentence}"
    for one in limits_of(result.figures, owed):
        if one.holds is False:
            told = f"{one.name} {one.shown}, allowed {measured(one.limit, one.unit)}"
            yield f"its {one.name} cannot be told" if one.value is None else told


def _nearness(result: DrillResult, owed: DomainPolicy) -> float:
    """The greatest share of a limit that is used up."""
    return max((one.value / one.limit for one in limits_of(result.figures, owed) if one.value is not None and one.limit), default=0.0)


def _kept(result: DrillResult, owed: DomainPolicy) -> str:
    told = [f"{one.name} {one.shown} of {number(one.limit)}" for one in limits_of(result.figures, owed) if one.value is not None]
    return f"{result.drill}: {', '.join(told) or 'passed'}"
