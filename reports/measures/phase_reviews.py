"""A campaign's phases as the plan reviews them: warm-up, peak and closing, and what customers felt in each.

The peak is from the first to the last phase in which some second had at least half of the operations of the best second, and not before the
bell; what comes before it is warm-up, what comes after it closing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.measures.quantiles import Quantile
from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import GateBreached
from scenarios.run.outcomes import Outcome
from scenarios.run.system_event_kinds import SystemBreakerOpened, SystemKillSwitchTripped

if TYPE_CHECKING:
    from reports.evidence import Evidence

_PEAK = 0.5


class Review(StrEnum):
    """Which of the plan's reviews a phase belongs to."""

    WARM_UP = "warm-up"
    PEAK = "peak"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class PhaseReview:
    """What customers felt in a phase."""

    name: str
    review: Review
    lasts_s: float  # as far as the load went on
    offered_per_s: float
    goodput_per_s: float
    good_ratio: float | None  # None where nothing was sent
    p99: Quantile | None
    refused: int
    wrong: int  # shed, failed or unknown
    incidents: tuple[str, ...]  # what struck in it, in the order of its times


def reviews_of(scenario: Scenario, peaks: Sequence[int]) -> list[Review]:
    """Of each phase, from the most operations that a second of it had."""
    names = [phase.name for phase in scenario.phases]
    bell = names.index(scenario.campaign.bell) if scenario.campaign.bell else 0
    busy = [place for place, peak in enumerate(peaks) if place >= bell and peak >= _PEAK * max(peaks)] or [bell]
    return [Review.WARM_UP if at < busy[0] else Review.PEAK if at <= busy[-1] else Review.CLOSING for at in range(len(names))]


def phase_reviews(evidence: "Evidence") -> list[PhaseReview]:
    """The phases that the load has come to, in their order."""
    scenario, traffic = evidence.plan.scenario, evidence.traffic
    seconds = traffic.seconds()
    peaks = []
    for phase in scenario.phases:
        start_s, end_s = scenario.span(phase.name)
        peaks.append(int(seconds[int(start_s) : max(int(start_s) + 1, int(end_s))].max(initial=0)))
    incidents = _incidents(evidence)
    found = []
    for phase, review in zip(scenario.phases, reviews_of(scenario, peaks), strict=True):
        part, lasts_s = traffic.in_phase(phase.name), traffic.span_s(phase.name)
        if not lasts_s:
            continue
        start_s, end_s = scenario.span(phase.name)
        found.append(
            PhaseReview(
                phase.name,
                review,
                lasts_s,
                len(part) / lasts_s,
                int(part.good.sum()) / lasts_s,
                part.good_ratio,
                part.latencies.at(0.99),
                part.count(Outcome.REFUSAL),
                sum(part.count(outcome) for outcome in (Outcome.SHED, Outcome.FAILURE, Outcome.UNKNOWN)),
                tuple(name for at_s, name in incidents if start_s <= at_s < end_s),
            )
        )
    return found


def _incidents(evidence: "Evidence") -> list[tuple[float, str]]:
    """Strikes, circuit breakers that opened, kill switches that tripped and gates that stopped the run, by their times."""
    found = [(strike.zero_s, strike.id) for strike in evidence.strikes if strike.zero_s is not None]
    found += [(event.at_s, "circuit breaker opened") for event in evidence.of_kind(SystemBreakerOpened)]
    found += [(event.at_s, "kill switch tripped") for event in evidence.of_kind(SystemKillSwitchTripped)]
    found += [(event.facts.from_s, f"broken gate: {event.facts.gate}") for event in evidence.of_kind(GateBreached)]
    return sorted(found)
