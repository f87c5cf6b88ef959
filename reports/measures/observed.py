"""Outages that nobody of ours made: each begins with the pulse's own first trouble, and is a strike of the drill `observed`.

A path of the pulse is in trouble from the first operation that was not good in the first 1 s window (steps of 0.1 s) with r < 0.95 r0, r0
being its ratio in the 10 s before. It began after the last good answer before that operation was meant to be sent, which is zero, so no
figure is too short; up to that operation goes zero's error. An outage is over when every path has held for the whole of W, and what comes
in trouble after that is the next one. A switch from its command to its end, as marked or as the system tells of it, that no path felt is
one without outage.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

import numpy as np

from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.recovery import PathPulse
from reports.measures.traffic import Traffic
from scenarios.plan.observed import OBSERVED, MarkKind, Observed
from scenarios.plan.scenario import STEADY_S, Scenario
from scenarios.plan.strikes import PlannedDrill, Strike
from scenarios.run.events import Event, of_kind
from scenarios.run.facts import Facts
from scenarios.run.mark_kinds import Marked
from scenarios.run.recovery_window import HOLDS_PERCENT, NS, STEP_NS, felt_by_latecomers_s
from scenarios.run.system_event_kinds import SystemDetected, SystemPromoted, SystemPromoting

_STEADY_NS = round(STEADY_S * NS)
_MOST = 100
_BEGINNING = (MarkKind.DETECTED, MarkKind.DECIDED, MarkKind.SWITCHING)
_END = (MarkKind.SWITCHED, MarkKind.RETURNED)
_FOLLOWS = {
    MarkKind.DECIDED: (MarkKind.DETECTED,),
    MarkKind.SWITCHING: (MarkKind.DETECTED,),
    MarkKind.SWITCHED: (MarkKind.SWITCHING, MarkKind.DECIDED),
    MarkKind.RETURNED: (MarkKind.SWITCHED,),
}
"""Which step each is measured from; of two the first that was marked at all."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """How an outage began, in nanoseconds since T0."""

    zero_ns: int  # the last good answer before it
    seen_ns: int  # the first operation in trouble
    felt: bool = True  # False: there was none, and zero is the marked command


def observed_strikes(scenario: Scenario, pulse: Traffic, events: Iterable[Event[Facts]], load_ends_s: float) -> list[StrikeOutcome]:
    """The outages of an observed run by time, each with its marks; none where the run is not observed."""
    observed = scenario.observed
    if observed is None or scenario.pulse is None:
        return []
    events = list(events)
    marks = [(event.at_s, of) for event in of_kind(events, Marked) if (of := event.facts.of) is not None]
    paths = [PathPulse.of(pulse.of_operation(name)) for name in scenario.pulse.operations]
    troubles = list(_outages(paths, observed, round(load_ends_s * NS))) or _unfelt(marks, events)
    strikes = [_strike(observed, number, trouble) for number, trouble in enumerate(troubles, 1)]
    followed = [replace(strike, next_zero_s=later.zero_s or inf) for strike, later in pairwise(strikes)]
    return _with_marks([*followed, *strikes[-1:]], marks)


def _outages(paths: Sequence[PathPulse], observed: Observed, ends_ns: int) -> Iterator[Trouble]:
    since_ns = 0
    for _ in range(_MOST):
        found = [trouble for path in paths if (trouble := _first_trouble(path, since_ns, ends_ns)) is not None]
        if not found:
            return
        first = min(found, key=lambda trouble: trouble.seen_ns)
        yield first
        held = [_held(path, first.zero_ns, ends_ns, observed) for path in paths]
        if None in held:
            return
        since_ns = max(first.seen_ns + STEP_NS, *(at_ns for at_ns in held if at_ns is not None))


def _held(path: PathPulse, zero_ns: int, ends_ns: int, observed: Observed) -> int | None:
    """From when on a path has held for the whole of W; None where it has not while there was load."""
    before = path.asked.between(zero_ns - _STEADY_NS, zero_ns)
    if not all(before):
        return None
    felt_s, censored = felt_by_latecomers_s(path.asked, zero_ns, ends_ns, before, observed.window, observed.p99_limit_ms)
    return None if censored else zero_ns + round(felt_s * NS)


def _first_trouble(path: PathPulse, since_ns: int, ends_ns: int) -> Trouble | None:
    """Where the first broken window is, and where the trouble in it begins."""
    starts = np.arange(since_ns, ends_ns - NS + 1, STEP_NS, dtype=np.int64)
    intended, good = path.asked.windows(starts, NS)
    asked, right = path.asked.between(since_ns, since_ns + _STEADY_NS)
    r0 = (asked, right) if right else (1, 1)  # a path that never worked is in trouble from the beginning
    broken = np.flatnonzero(good * r0[0] * 100 < HOLDS_PERCENT * r0[1] * intended)
    if not len(broken):
        return None
    operations = path.operations
    low = int(np.searchsorted(operations.intended_ns, starts[broken[0]]))
    bad = np.diff(path.asked.good_before) == 0
    seen_ns = int(operations.intended_ns[low + int(np.argmax(bad[low:]))])
    done_ns = operations.intended_ns[~bad] + operations.latency_us[~bad] * 1000
    before = done_ns[done_ns <= seen_ns]
    return Trouble(int(before.max()) if len(before) else seen_ns, seen_ns)


def _unfelt(marks: Sequence[tuple[float, MarkKind]], events: Sequence[Event[Facts]]) -> list[Trouble]:
    """A switch that was marked, or that the system tells of, where nothing was felt at all."""
    command_s = next((at_s for at_s, kind in marks if kind is MarkKind.SWITCHING), None)
    switched_s = next((at_s for at_s, kind in marks if kind is MarkKind.SWITCHED and command_s is not None and at_s >= command_s), None)
    if command_s is None or switched_s is None:
        told = [event for event in of_kind(events, SystemDetected, SystemPromoting, SystemPromoted) if event.at_s >= 0]
        command_s = next((event.at_s for event in told), None)
        switched_s = next((event.at_s for event in told if isinstance(event.facts, SystemPromoted)), None)
    if command_s is None or switched_s is None:
        return []
    return [Trouble(round(command_s * NS), round(command_s * NS), felt=False)]


def _strike(observed: Observed, number: int, trouble: Trouble) -> StrikeOutcome:
    zero_s = trouble.zero_ns / NS
    planned = PlannedDrill(
        drill=OBSERVED, at=f"{zero_s:.3f} s", deadline=observed.deadline, window=observed.window, p99_limit_ms=observed.p99_limit_ms
    )
    early = trouble.seen_ns < _STEADY_NS
    return StrikeOutcome(
        Strike(planned, number, zero_s),
        zero_s,
        effective_s=trouble.seen_ns / NS,
        undone_s=None,
        healed_s=None,
        next_zero_s=inf,
        trouble=f"the outage at {zero_s:.1f} s began before {STEADY_S:g} s of steady state" if early else "",
        observed=True,
        felt=trouble.felt,
    )


def _with_marks(strikes: list[StrikeOutcome], marks: Sequence[tuple[float, MarkKind]]) -> list[StrikeOutcome]:
    """A mark is of the last outage that had begun; one of a beginning is of the next, where that one's end was marked or none had begun.

    Of each kind the first counts that came neither before zero nor before the step that it follows; where all did, the first of those.
    """
    kept: list[dict[MarkKind, float]] = [{} for _ in strikes]
    for at_s, kind in marks:
        begun = sum((strike.zero_s or 0.0) <= at_s for strike in strikes)
        ahead = kind in _BEGINNING and begun < len(strikes) and (begun == 0 or any(end in kept[begun - 1] for end in _END))
        if begun or ahead:
            number = begun if ahead else begun - 1
            own, zero_s = kept[number], strikes[number].zero_s or 0.0
            if kind not in own or own[kind] < _not_before_s(kind, own, zero_s) <= at_s:
                own[kind] = at_s
    return [replace(strike, marks=own) for strike, own in zip(strikes, kept, strict=True)]


def _not_before_s(kind: MarkKind, own: Mapping[MarkKind, float], zero_s: float) -> float:
    """From when on a mark of that kind makes sense."""
    before = next((own[step] for step in _FOLLOWS.get(kind, ()) if step in own), zero_s)
    return max(zero_s, before)
