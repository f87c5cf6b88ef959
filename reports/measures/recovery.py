"""Recovery from a drill's fault, as design and docs define it. Zero is the start of the injection call.

On one path of the pulse t is as `scenarios.run.recovery_window` defines it: whoever comes from t on feels nothing any more. But who came
before it and waited is answered later than t, and so may be the first of those who came at t: RTO = the first correct *answer* to an
operation intended at or after t. Of several paths the latest counts. Not met while there was load: greater than the last t that could be
judged, censored.
Where other hands broke something, zero is what `observed` says, and t the beginning of the unbroken row of good operations that reaches it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.aggregation import Operations
from reports.measures.arrays import Bools
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.failover_split import Split, split_of
from reports.measures.losses import Loss, loss_of
from reports.measures.reconciliation import Reconciliation
from reports.measures.traffic import Traffic
from scenarios.plan.scenario import STEADY_S
from scenarios.run.events import Event
from scenarios.run.facts import Facts
from scenarios.run.recovery_window import NS, AskedPath, felt_by_latecomers_s
from scenarios.run.system_event_kinds import SystemLag

if TYPE_CHECKING:
    from reports.evidence import Evidence

_METASTABLE_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Path:
    """The recovery of one operation of the pulse."""

    operation: str
    r0: float | None  # None: the pulse said nothing before the fault
    rto_s: float | None  # by answers
    felt_by_latecomers_s: float | None  # t: whoever came later was answered as before
    censored: bool  # the recovery takes longer than both
    rto_first_s: float | None  # the first correct answer after the first trouble; diagnostic only
    outage_equivalent_s: float | None
    metastable: bool | None  # None: not assessed


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recovery of the system from one strike of a drill. What a target cannot give is None, with its reason under `reasons`."""

    strike: StrikeOutcome
    paths: tuple[Path, ...]
    detection_s: float | None
    decision_s: float | None
    failover_s: float | None
    redundancy_s: float | None  # until what the fault took of the redundancy is there again
    rto_first_s: float | None
    rto_s: float | None
    felt_by_latecomers_s: float | None
    rto_censored: bool
    loss: Loss
    outage_equivalent_s: float | None
    metastable: bool | None
    lag_claimed_ms: float | None = None  # the standby's lag as the system itself told it last before the fault
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The strike's."""
        return self.strike.id


def recoveries(
    struck: Sequence[StrikeOutcome],
    pulse: Traffic,
    events: Sequence[Event[Facts]],
    reconciled: Reconciliation | None,
    why_not: str,
    load_ends_s: float,
) -> list[Recovery]:
    """The recovery of each strike that hit, by time. `reconciled` is None where the effects cannot be judged, and `why_not` says why."""
    found: list[Recovery] = []
    previous_s = -np.inf
    for strike in sorted(struck, key=lambda one: (one.zero_s is None, one.zero_s or 0.0)):
        if strike.zero_s is None:
            continue
        paths = paths_of(strike, pulse, load_ends_s)
        reasons: dict[str, str] = {}
        split = split_of(strike, strike.zero_s, events, reasons)
        loss = loss_of(strike.zero_s, previous_s, strike.next_zero_s, reconciled, why_not, reasons)
        lag_ms = _lag_claimed_ms(strike.zero_s, events, reasons)
        found.append(_joined(strike, paths, split, loss, lag_ms, reasons))
        previous_s = strike.zero_s
    return found


def paths_of(strike: StrikeOutcome, pulse: Traffic, load_ends_s: float) -> tuple[Path, ...]:
    """The recovery of each path of the pulse from a strike that hit."""
    asked, zero_s = pulse.plan.scenario.pulse, strike.zero_s or 0.0
    ends_s = min(load_ends_s, strike.next_zero_s)
    return tuple(_path(name, pulse.of_operation(name), strike, zero_s, ends_s) for name in (asked.operations if asked else []))


def least_of(strike: StrikeOutcome, evidence: "Evidence", figure: Callable[[Path], float | None]) -> float | None:
    """The worst path's figure without what the generator itself may have added; None where one has none, or did not recover so either."""
    paths = paths_of(strike, evidence.at_least(evidence.pulse, strike.zero_s or 0.0), evidence.load_ends_s)
    found = [None if path.censored else figure(path) for path in paths]
    known = [value for value in found if value is not None]
    return max(known) if known and len(known) == len(found) else None


def _lag_claimed_ms(zero_s: float, events: Sequence[Event[Facts]], reasons: dict[str, str]) -> float | None:
    """What an operator would have read just before the fault. It says nothing of what was lost: both stand side by side for that."""
    told = [event.facts.lag_ms for event in events if isinstance(event.facts, SystemLag) and event.at_s <= zero_s]
    if not told:
        reasons["lag_claimed_ms"] = "the target tells of no lag of its standby before the fault"
    elif told[-1] is None:
        reasons["lag_claimed_ms"] = "no standby followed, by the target's own word"
    return told[-1] if told else None


def _joined(
    strike: StrikeOutcome, paths: tuple[Path, ...], split: Split, loss: Loss, lag_ms: float | None, reasons: dict[str, str]
) -> Recovery:
    judged = [path for path in paths if path.rto_s is not None]
    whole = bool(paths) and len(judged) == len(paths)
    if not whole:
        mute = ", ".join(path.operation for path in paths if path.rto_s is None) or "every path"
        reasons |= dict.fromkeys(
            ("rto_s", "felt_by_latecomers_s", "rto_first_s", "outage_equivalent_s"), f"the pulse says nothing of {mute} before the fault"
        )
    firsts = [path.rto_first_s for path in paths if path.rto_first_s is not None]
    if whole and len(firsts) < len(paths):
        reasons["rto_first_s"] = "a path of the pulse was never answered correctly again"
    states = [path.metastable for path in paths]
    return Recovery(
        strike,
        paths,
        split.detection_s,
        split.decision_s,
        split.failover_s,
        split.redundancy_s,
        rto_first_s=max(firsts) if whole and len(firsts) == len(paths) else None,
        rto_s=max(path.rto_s or 0.0 for path in judged) if whole else None,
        felt_by_latecomers_s=max(path.felt_by_latecomers_s or 0.0 for path in judged) if whole else None,
        rto_censored=whole and any(path.censored for path in judged),
        loss=loss,
        outage_equivalent_s=max(path.outage_equivalent_s or 0.0 for path in judged) if whole else None,
        metastable=any(states) if states and None not in states else None,
        lag_claimed_ms=lag_ms,
        reasons=reasons,
    )


def _path(name: str, traffic: Traffic, strike: StrikeOutcome, zero_s: float, ends_s: float) -> Path:
    zero_ns, ends_ns = round(zero_s * NS), round(ends_s * NS)
    pulse = PathPulse.of(traffic)
    before, before_good = pulse.asked.between(zero_ns - round(STEADY_S * NS), zero_ns)
    if not before or not before_good:
        return Path(name, 0.0 if before else None, None, None, censored=False, rto_first_s=None, outage_equivalent_s=None, metastable=None)
    drill = strike.drill
    felt_s, censored = felt_by_latecomers_s(pulse.asked, zero_ns, ends_ns, (before, before_good), drill.window, drill.p99_limit_ms)
    since_ns = zero_ns + round(felt_s * NS)
    if strike.observed and not censored:
        since_ns = good_since_ns(pulse, zero_ns, since_ns)
        felt_s = round((since_ns - zero_ns) / NS, 6)
    effective_ns = zero_ns if strike.effective_s is None else round(strike.effective_s * NS)
    return Path(
        name,
        before_good / before,
        felt_s if censored else answered_s(pulse, zero_ns, since_ns, effective_ns),
        felt_s,
        censored,
        first_answer_s(pulse, zero_ns, ends_ns if censored else since_ns),
        outage_equivalent_s(pulse, zero_ns, ends_ns, (before, before_good)),
        _metastable(pulse, strike.long_window_s, ends_ns, before_good / before),
    )


@dataclass(frozen=True, slots=True)
class PathPulse:
    """The pulse of one path by its intended times."""

    operations: Operations  # ascending by intended time
    correct: Bools
    asked: AskedPath

    @classmethod
    def of(cls, traffic: Traffic) -> "PathPulse":
        """Puts them in order. What the generator never sent was intended, and is not good."""
        order = np.lexsort((traffic.operations.operation, traffic.operations.intended_ns))
        operations = traffic.operations.at(order)
        asked = AskedPath.of(operations.intended_ns, operations.latency_us, ~operations.censored, traffic.good[order])
        return cls(operations, traffic.correct[order], asked)


def good_since_ns(pulse: PathPulse, zero_ns: int, until_ns: int) -> int:
    """When the first of the unbroken row of good operations was intended that reaches up to a time; that time where there is no such row.

    Where no injection tells when it began, the steps of t are too coarse: what holds from t on held since then.
    """
    low, high = np.searchsorted(pulse.operations.intended_ns, (zero_ns, until_ns))
    bad = np.flatnonzero(np.diff(pulse.asked.good_before[low : high + 1]) == 0)
    first = low + (bad[-1] + 1 if len(bad) else 0)
    return int(pulse.operations.intended_ns[first]) if first < high else until_ns


def answered_s(pulse: PathPulse, zero_ns: int, since_ns: int, effective_ns: int) -> float:
    """From zero to the first correct answer to an operation intended at or after `since_ns`.

    An answer that came before the effect was confirmed ends no outage where a silence follows it that is longer than any in the time
    before zero: then the fault had not taken hold yet when it was given, and the answer that ends the silence counts.
    """
    operations = pulse.operations
    done_ns = operations.intended_ns + operations.latency_us * 1000
    usual = np.sort(done_ns[pulse.correct & (done_ns >= zero_ns - round(STEADY_S * NS)) & (done_ns < zero_ns)])
    longest_ns = int(np.diff(usual).max(initial=0))
    answers = np.sort(done_ns[pulse.correct & (operations.intended_ns >= since_ns)])
    silent = (np.diff(answers) > longest_ns) & (answers[:-1] <= effective_ns)
    first = answers[np.flatnonzero(silent)[-1] + 1] if silent.any() else answers[0]
    return round((int(first) - zero_ns) / NS, 6)


def first_answer_s(pulse: PathPulse, zero_ns: int, until_ns: int) -> float | None:
    """From zero to the first correct answer that was asked for after the first trouble in [zero, until); None where none came.

    Where there was no trouble, the first that was asked for after zero.
    """
    operations = pulse.operations
    trouble = (operations.intended_ns >= zero_ns) & (operations.intended_ns < until_ns) & ~pulse.correct
    since_ns = operations.intended_ns[trouble].min() if trouble.any() else zero_ns - 1
    after = (operations.intended_ns > since_ns) & pulse.correct
    if not after.any():
        return None
    done_ns = operations.intended_ns[after] + operations.latency_us[after] * 1000
    return round((int(done_ns.min()) - zero_ns) / NS, 6)


def outage_equivalent_s(pulse: PathPulse, zero_ns: int, ends_ns: int, before: tuple[int, int]) -> float:
    """The integral of max(0, 1 - r/r0) over the load after zero, in bins of one second."""
    starts = np.arange(zero_ns, ends_ns - NS + 1, NS, dtype=np.int64)
    intended, good = pulse.asked.windows(starts, NS)
    share = good * before[0] / np.maximum(1, intended * before[1])
    return round(float(np.sum(np.where(intended > 0, np.maximum(0.0, 1 - share), 0.0))), 3)


def _metastable(pulse: PathPulse, long_window_s: tuple[float, float] | None, ends_ns: int, r0: float) -> bool | None:
    if long_window_s is None or long_window_s[1] * NS > ends_ns:
        return None
    intended, good = pulse.asked.between(round(long_window_s[0] * NS), round(long_window_s[1] * NS))
    return None if not intended else good / intended < _METASTABLE_SHARE * r0
