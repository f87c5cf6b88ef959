"""What a drill that ran alone came to, in the figures that a resilience policy limits."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from reports.finding import Status
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.failover_split import NONE_LOST
from reports.measures.injections import Injection, injections
from reports.measures.recovery import PathPulse, Recovery, least_of
from reports.measures.traffic import Traffic
from scenarios.plan.policy import FaultDomain
from scenarios.run.outcomes import ERRORS, Outcome
from scenarios.run.recovery_window import NS

if TYPE_CHECKING:
    from reports.evidence import Evidence

NumberT = TypeVar("NumberT", int, float)

_SPARK_BEFORE_S, _SPARK_AFTER_S, _SPARK_BIN_S = 5, 25, 0.5


@dataclass(frozen=True, slots=True)
class Figures:
    """The worst of a drill's strikes; None where it cannot be told."""

    rto_s: float | None = None
    rto_least_s: float | None = None  # without the load generator's own delay
    rto_censored: bool = False
    zero_error_s: float | None = None  # from the start of an injection to its confirmed effect
    rpo_operations: int | None = None
    rpo_s: float | None = None
    rpo_fen: int | None = None
    detection_s: float | None = None
    redundancy_s: float | None = None
    redundancy_censored: bool = False  # a strike took some, and nobody told that it is restored
    error_ratio: float | None = None  # of customers' operations while it was broken
    shed_ratio: float | None = None  # of the same, turned away
    spark: tuple[float | None, ...] = ()  # good share of the pulse's worst path around the worst strike, by half seconds
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
    lost = [one for one in found if one.reasons.get("redundancy_s") != NONE_LOST]
    meanwhile = [_meanwhile(evidence, one) for one in found]
    return Figures(
        rto_s=_worst(one.rto_s for one in found),
        rto_least_s=_worst(_rto_least_s(evidence, one) for one in found),
        rto_censored=any(one.rto_censored for one in found),
        zero_error_s=_worst(_zero_error_s(one.strike) for one in found),
        rpo_operations=_worst(one.loss.rpo_operations for one in found),
        rpo_s=_worst(one.loss.rpo_s for one in found),
        rpo_fen=_worst(one.loss.rpo_fen for one in found),
        detection_s=_most(one.detection_s for one in found),
        redundancy_s=_most(one.redundancy_s for one in lost),
        redundancy_censored=any(one.redundancy_s is None for one in lost),
        error_ratio=_worst(_ratio(during, ERRORS) for during in meanwhile),
        shed_ratio=_worst(_ratio(during, (Outcome.SHED,)) for during in meanwhile),
        spark=_spark(evidence, max(found, key=lambda one: (one.rto_s is None, one.rto_censored, one.rto_s or 0.0))),
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


def _rto_least_s(evidence: "Evidence", recovery: Recovery) -> float | None:
    """Never more than what was measured; that itself where nothing is told without the generator's own delay."""
    if recovery.rto_s is None:
        return None
    least_s = least_of(recovery.strike, evidence, lambda path: path.rto_s)
    return recovery.rto_s if least_s is None else min(recovery.rto_s, least_s)


def _zero_error_s(strike: StrikeOutcome) -> float | None:
    return None if strike.zero_s is None or strike.effective_s is None else round(strike.effective_s - strike.zero_s, 6)


def _meanwhile(evidence: "Evidence", recovery: Recovery) -> Traffic | None:
    """Customers' operations that had no answer yet when it broke, and those that came until it had recovered and was taken back.

    What was not taken back while customers came, as a part that was killed, is over with the recovery. None where that is not known.
    """
    strike = recovery.strike
    if strike.zero_s is None or recovery.rto_s is None:
        return None
    over_s = 0.0 if strike.over_s is None or strike.over_s > evidence.load_ends_s else strike.over_s
    return _unanswered(evidence.traffic, strike.zero_s, min(max(strike.zero_s + recovery.rto_s, over_s), strike.next_zero_s))


def _ratio(during: Traffic | None, outcomes: Collection[Outcome]) -> float | None:
    return None if during is None or not len(during.sent) else during.ratio(*outcomes)


def failures(traffic: Traffic, strike: StrikeOutcome) -> tuple[int, int]:
    """Operations that failed, may have, or were turned away, and among how many: all that had no answer yet when a strike began.

    To the next strike, or the end of the load.
    """
    if strike.zero_s is None:
        return 0, 0
    during = _unanswered(traffic, strike.zero_s, strike.next_zero_s)
    return sum(during.count(outcome) for outcome in (*ERRORS, Outcome.SHED)), len(during.sent)


def _unanswered(traffic: Traffic, from_s: float, to_s: float) -> Traffic:
    """What was intended before `to_s` and had no answer at `from_s`."""
    found = traffic.operations
    answered_ns = found.intended_ns + found.latency_us.astype(np.int64) * 1000
    return traffic.select((answered_ns >= from_s * NS) & (found.intended_ns < to_s * NS))


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
