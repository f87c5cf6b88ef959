"""Recovery from a drill's fault, as design and docs define it. Zero is the start of the injection call.

On one path of the pulse: A = operations intended, G = correct and in time, r = G/A, r0 its value in the 10 s before zero.
RTO = the first t (steps of 0.1 s) such that every 1 s window beginning in [t, t + W - 1 s] has r >= 0.95 r0, and the p99 over [t, t + W)
keeps its limit. Of several paths the worst counts. Not met while there was load: greater than the last t that could be judged, censored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from reports.measures.aggregation import Operations
from reports.measures.arrays import I64, Bools
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.quantiles import Ranked
from reports.measures.reconciliation import Survival
from reports.measures.traffic import Traffic
from scenarios.plan.scenario import STEADY_S, Scenario
from scenarios.run.events import Event
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

_NS = 1_000_000_000
_STEP_NS = 100_000_000
_STEPS_PER_S = 10
_HOLDS_PERCENT = 95
_METASTABLE = (60, 300, 0.9)


@dataclass(frozen=True, slots=True)
class Path:
    """The recovery of one operation of the pulse."""

    operation: str
    r0: float | None  # None: the pulse said nothing before the fault
    rto_s: float | None
    censored: bool  # the recovery takes longer than rto_s
    rto_first_s: float | None  # the first success after the first trouble, 0 where there was none; diagnostic only
    outage_equivalent_s: float | None
    metastable: bool | None  # None: not assessed


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recovery of the system from one drill. What a target cannot give is None, with its reason under `reasons`."""

    drill: str
    strike: StrikeOutcome
    paths: tuple[Path, ...]
    detection_s: float | None
    decision_s: float | None
    failover_s: float | None
    rto_first_s: float | None
    rto_s: float | None
    rto_censored: bool
    rpo_operations: int | None
    rpo_s: float | None
    rpo_fen: int | None
    lost_after: int | None  # acknowledged after zero, and lost: two writers
    unknown_present: int | None
    unknown_absent: int | None
    duplicates: int | None
    outage_equivalent_s: float | None
    metastable: bool | None
    reasons: dict[str, str] = field(default_factory=dict)


def recoveries(
    struck: Sequence[StrikeOutcome],
    pulse: Traffic,
    events: Sequence[Event],
    survived: Survival | None,
    why_not: str,
    scenario: Scenario,
    load_ends_s: float,
) -> list[Recovery]:
    """The recovery of each drill that struck. `survived` is None where the effects cannot be judged, and `why_not` says why."""
    operations = scenario.pulse.operations if scenario.pulse else []
    found: list[Recovery] = []
    previous_s = -np.inf
    for strike in sorted(struck, key=lambda one: (one.zero_s is None, one.zero_s or 0.0)):
        if strike.zero_s is None:
            continue
        ends_s = min(load_ends_s, strike.next_zero_s)
        paths = tuple(_path(name, pulse.of_operation(name), strike, strike.zero_s, ends_s) for name in operations)
        reasons: dict[str, str] = {}
        split = _split(strike, strike.zero_s, events, reasons)
        loss = _loss(strike.zero_s, previous_s, strike.next_zero_s, survived, why_not, reasons)
        found.append(_joined(strike, paths, split, loss, reasons))
        previous_s = strike.zero_s
    return found


def _joined(
    strike: StrikeOutcome, paths: tuple[Path, ...], split: dict[str, float | None], loss: "Loss", reasons: dict[str, str]
) -> Recovery:
    judged = [path for path in paths if path.rto_s is not None]
    whole = bool(paths) and len(judged) == len(paths)
    if not whole:
        mute = ", ".join(path.operation for path in paths if path.rto_s is None) or "every path"
        reasons |= dict.fromkeys(("rto_s", "rto_first_s", "outage_equivalent_s"), f"the pulse says nothing of {mute} before the fault")
    firsts = [path.rto_first_s for path in paths if path.rto_first_s is not None]
    if whole and len(firsts) < len(paths):
        reasons["rto_first_s"] = "a path of the pulse never had a success again"
    states = [path.metastable for path in paths]
    return Recovery(
        strike.name,
        strike,
        paths,
        **split,
        rto_first_s=max(firsts) if whole and len(firsts) == len(paths) else None,
        rto_s=max(path.rto_s or 0.0 for path in judged) if whole else None,
        rto_censored=whole and any(path.censored for path in judged),
        rpo_operations=loss.operations,
        rpo_s=loss.seconds,
        rpo_fen=loss.fen,
        lost_after=loss.after,
        unknown_present=loss.unknown_present,
        unknown_absent=loss.unknown_absent,
        duplicates=loss.duplicates,
        outage_equivalent_s=max(path.outage_equivalent_s or 0.0 for path in judged) if whole else None,
        metastable=any(states) if states and None not in states else None,
        reasons=reasons,
    )


def _path(name: str, traffic: Traffic, strike: StrikeOutcome, zero_s: float, ends_s: float) -> Path:
    zero_ns, ends_ns = round(zero_s * _NS), round(ends_s * _NS)
    beats = Beats.of(traffic)
    before, before_good = beats.between(zero_ns - round(STEADY_S * _NS), zero_ns)
    if not before or not before_good:
        return Path(name, 0.0 if before else None, None, censored=False, rto_first_s=None, outage_equivalent_s=None, metastable=None)
    rto_s, censored = rto(beats, zero_ns, ends_ns, (before, before_good), strike.plan.window, strike.plan.p99_limit_ms)
    return Path(
        name,
        before_good / before,
        rto_s,
        censored,
        first_success_s(beats.operations, zero_ns),
        outage_equivalent_s(beats, zero_ns, ends_ns, (before, before_good)),
        _metastable(beats, strike.undone_s, ends_ns, before_good / before),
    )


@dataclass(frozen=True, slots=True)
class Beats:
    """The pulse of one path by its intended times."""

    operations: Operations  # ascending by intended time
    good_before: I64  # of each position: how many before it were correct and in time

    @classmethod
    def of(cls, traffic: Traffic) -> "Beats":
        """Puts them in order. What the generator never sent was intended, and is not good."""
        order = np.lexsort((traffic.operations.operation, traffic.operations.intended_ns))
        good = traffic.good[order]
        return cls(_ordered(traffic.operations, order), np.concatenate([[0], np.cumsum(good)]).astype(np.int64))

    def between(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """Operations intended in [start, end), and how many of them were good."""
        low, high = np.searchsorted(self.operations.intended_ns, (start_ns, end_ns))
        return int(high - low), int(self.good_before[high] - self.good_before[low])

    def windows(self, starts_ns: I64, length_ns: int) -> tuple[I64, I64]:
        """The same for many windows of one length."""
        low = np.searchsorted(self.operations.intended_ns, starts_ns)
        high = np.searchsorted(self.operations.intended_ns, starts_ns + length_ns)
        return (high - low).astype(np.int64), self.good_before[high] - self.good_before[low]


def _ordered(operations: Operations, order: I64) -> Operations:
    return operations.select(order)  # type: ignore[arg-type]  # positions select as a mask does


def rto(beats: Beats, zero_ns: int, ends_ns: int, before: tuple[int, int], window_s: float, p99_limit_ms: float) -> tuple[float, bool]:
    """RTO in seconds, and whether it is censored: then it is greater than that."""
    window_ns = round(window_s * _NS)
    last = (ends_ns - window_ns - zero_ns) // _STEP_NS  # the last t whose whole W was under load
    if last < 0:
        return 0.0, True
    held = round((window_s - 1) * _STEPS_PER_S) + 1
    starts = zero_ns + _STEP_NS * np.arange(last + held, dtype=np.int64)
    intended, good = beats.windows(starts, _NS)
    holds = (intended > 0) & (good * before[0] * 100 >= _HOLDS_PERCENT * before[1] * intended)
    broken_before = np.concatenate([[0], np.cumsum(~holds)])
    for t in np.flatnonzero(broken_before[held : held + last + 1] == broken_before[: last + 1]).tolist():
        if _p99_holds(beats, zero_ns + t * _STEP_NS, window_ns, p99_limit_ms):
            return t / _STEPS_PER_S, False
    return int(last) / _STEPS_PER_S, True


def _p99_holds(beats: Beats, start_ns: int, window_ns: int, limit_ms: float) -> bool:
    low, high = np.searchsorted(beats.operations.intended_ns, (start_ns, start_ns + window_ns))
    p99 = Ranked(beats.operations.latency_us[low:high], beats.operations.censored[low:high]).at(0.99)
    return p99 is not None and not p99.censored and p99.ms <= limit_ms


def first_success_s(operations: Operations, zero_ns: int) -> float | None:
    """From zero to the first success answered after the first trouble; 0 where there was no trouble, None where no success came."""
    trouble = np.flatnonzero((operations.intended_ns >= zero_ns) & (operations.outcome != Outcome.SUCCESS))
    if not len(trouble):
        return 0.0
    since_ns = operations.intended_ns[trouble[0]]
    after = (operations.intended_ns > since_ns) & (operations.outcome == Outcome.SUCCESS)
    if not after.any():
        return None
    done_ns = operations.intended_ns[after] + operations.latency_us[after] * 1000
    return round((int(done_ns.min()) - zero_ns) / _NS, 6)


def outage_equivalent_s(beats: Beats, zero_ns: int, ends_ns: int, before: tuple[int, int]) -> float:
    """The integral of max(0, 1 - r/r0) over the load after zero, in bins of one second."""
    starts = np.arange(zero_ns, ends_ns - _NS + 1, _NS, dtype=np.int64)
    intended, good = beats.windows(starts, _NS)
    share = good * before[0] / np.maximum(1, intended * before[1])
    return round(float(np.sum(np.where(intended > 0, np.maximum(0.0, 1 - share), 0.0))), 3)


def _metastable(beats: Beats, undone_s: float | None, ends_ns: int, r0: float) -> bool | None:
    first, last, share = _METASTABLE
    if undone_s is None or undone_s * _NS + last * _NS > ends_ns:
        return None
    intended, good = beats.between(round((undone_s + first) * _NS), round((undone_s + last) * _NS))
    return None if not intended else good / intended < share * r0


def _split(strike: StrikeOutcome, zero_s: float, events: Iterable[Event], reasons: dict[str, str]) -> dict[str, float | None]:
    """Detection, decision and failover, from what the system told between this fault and the next."""
    told: dict[str, float] = {}
    for event in events:
        if event.kind.startswith("system.") and zero_s <= event.at_s < strike.next_zero_s:
            told.setdefault(event.kind.removeprefix("system."), event.at_s)
    spans = {
        "detection_s": (zero_s, told.get("detected"), "the system told of no detection"),
        "decision_s": (told.get("detected"), told.get("promoting"), "the system told of no failover command"),
        "failover_s": (told.get("promoting"), told.get("promoted"), "the system told of no new path"),
    }
    found: dict[str, float | None] = {}
    for name, (since, until, reason) in spans.items():
        found[name] = round(until - since, 6) if since is not None and until is not None else None
        if found[name] is None:
            reasons[name] = reason
    return found


@dataclass(frozen=True, slots=True)
class Loss:
    """What a fault cost in effects; None where it cannot be told."""

    operations: int | None = None
    seconds: float | None = None
    fen: int | None = None
    after: int | None = None
    unknown_present: int | None = None
    unknown_absent: int | None = None
    duplicates: int | None = None


def _loss(zero_s: float, previous_s: float, next_s: float, survived: Survival | None, why_not: str, reasons: dict[str, str]) -> Loss:
    """Losses acknowledged between the fault before and this one are this one's RPO; those after the last fault are counted apart."""
    if survived is None:
        names = ("rpo_operations", "rpo_s", "rpo_fen", "lost_after", "unknown_present", "unknown_absent", "duplicates")
        reasons |= dict.fromkeys(names, why_not)
        return Loss()
    keys, ended_s = survived.keys, survived.keys.ended_ns / _NS
    before: Bools = survived.lost & (ended_s <= zero_s) & (ended_s > previous_s)
    here = (ended_s > zero_s) & (ended_s <= next_s)
    amounts = keys.amount_fen[before & (keys.amount_fen != NO_AMOUNT)]
    return Loss(
        int(before.sum()),
        round(zero_s - float(ended_s[before].min()), 6) if before.any() else 0.0,
        int(amounts.sum()),
        int((survived.lost & here).sum()) if np.isinf(next_s) else 0,
        int((survived.unknown_present & here).sum()),
        int((survived.unknown_absent & here).sum()),
        int((survived.duplicates & here).sum()),
    )
