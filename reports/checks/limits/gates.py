"""The scenario's gates, each by its line."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, Status
from reports.formatting import many, measured
from reports.measures.breakers import BreakerTrial
from reports.measures.classes import hysteresis, least_goodput, retries_after, retries_during
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.drill_results import failures
from reports.measures.failover_split import switches
from reports.measures.gated_traffic import gated_traffic
from reports.measures.other_way import time_to_another_way
from reports.measures.own_delay import without_it
from reports.measures.quantiles import least_of_ratio
from reports.measures.recovery import Path, Recovery, least_of
from reports.measures.releases import left_at_release, release_left
from reports.measures.replenishment import replenished_amiss, replenishment_left
from reports.measures.site_shares import least_site_share
from reports.measures.traffic import Traffic
from reports.measures.writers import most_writers
from scenarios.plan.gates import Gate, SubjectKind
from scenarios.plan.strikes import strikes_named
from scenarios.run.event_kinds import GateBreached
from scenarios.run.outcomes import RATIOS
from scenarios.run.system_event_kinds import SystemPromoted

ID = "gates"
TITLE = "The scenario's limits"
KIND = Kind.GATE
PLAN = ("P5-01", "P5-11", "P6-06")

_OF_DRILLS = {
    "detection": ("detection_s", About.PULSE),
    "decision": ("decision_s", About.PULSE),
    "failover": ("failover_s", About.PULSE),
    "redundancy": ("redundancy_s", About.PULSE),
    "rto": ("rto_s", About.PULSE),
    "rto first": ("rto_first_s", About.PULSE),
    "outage-equivalent": ("outage_equivalent_s", About.PULSE),
}
_ON_PATHS: dict[str, Callable[[Path], float | None]] = {
    "rto_s": lambda path: path.rto_s,
    "rto_first_s": lambda path: path.rto_first_s,
    "outage_equivalent_s": lambda path: path.outage_equivalent_s,
}
"""What the pulse felt, the generator's own delay included. The other figures are the system's own, by its own clock."""
_OF_LOSSES = {"rpo": "rpo_operations", "rpo seconds": "rpo_s", "rpo fen": "rpo_fen", "duplicates": "duplicates"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a gate's measure came to. Censored: it is greater than that."""

    value: float | None
    why_not: str = ""
    censored: bool = False
    undecided: bool = False  # censored before the limit was reached
    about: About = About.TRAFFIC
    of: str = ""  # what it was measured on, to be put behind it
    thin: str = ""  # why a limit that holds on so few proves nothing
    without_own: Callable[[], float | None] | None = None  # the figure without the load generator's own delay, where that may be in it


def check(evidence: Evidence) -> list[Finding]:
    """Each gate of the scenario, in its order; one of a drill by the worst of its strikes."""
    gates = evidence.plan.scenario.parsed_gates
    return [_worst(gate, [_judge(gate, found, evidence) for found in _measure(gate, evidence)]) for gate in gates]


def _worst(gate: Gate, said: list[Finding]) -> Finding:
    """A limit that one strike broke is broken, whatever cannot be told of others; else what cannot be told; else the nearest to it."""

    def weight(finding: Finding) -> tuple[int, bool, float]:
        value = finding.measured or 0.0
        far = abs(value - gate.limit) if gate.sign == "==" else value if gate.is_upper else -value
        return [Status.PASS, Status.INVALID, Status.FAIL].index(finding.status), finding.censored, far

    return max(said, key=weight)


def _judge(gate: Gate, found: Measured, evidence: Evidence) -> Finding:
    unit = gate.about.unit or "ratio"
    name = f"gate: {gate.text}"
    for event in evidence.of_kind(GateBreached):
        broken = event.facts
        if broken.gate == gate.text:
            about = f"{measured(broken.measured, unit)} from {broken.from_s} to {broken.to_s} s"
            detail = f"{gate.text}: {about}, which stopped the run at {event.at_s:.1f} s"
            return Finding(name, Status.FAIL, found.value, gate.limit, unit, detail, sign=gate.sign)
    if found.value is None:
        detail = f"{gate.text}: {found.why_not}"
        return Finding(name, Status.INVALID, None, gate.limit, unit, detail, about=(found.about,), sign=gate.sign)
    fails = (found.censored and gate.is_upper) or not gate.holds(found.value)
    undecided = fails and found.undecided and gate.holds(found.value)
    own = found.without_own() if found.without_own and (fails or not gate.is_upper) else None
    ours = own is not None and gate.holds(own) == fails
    status = Status.INVALID if undecided or ours or (found.thin and not fails) else Status.FAIL if fails else Status.PASS
    said = f"{'> ' if found.censored else ''}{measured(found.value, unit)}"
    detail = f"{gate.text}: {said}{found.of}{found.thin}" + (", and the load ended before the limit" if undecided else "")
    detail += without_it(own, unit) if own is not None and ours else ""
    return Finding(name, status, found.value, gate.limit, unit, detail, about=(found.about,), sign=gate.sign, censored=found.censored)


def _measure(gate: Gate, evidence: Evidence) -> list[Measured]:
    """One figure, or one for each strike that the gate means."""
    return _of_strikes(gate, evidence) if gate.about.kind is SubjectKind.DRILL else [_of_operations(gate, evidence)]


def _of_operations(gate: Gate, evidence: Evidence) -> Measured:
    if gate.subject is not None and gate.subject not in evidence.plan.operations:
        return Measured(None, f"the target maps no operation {gate.subject}")
    traffic, of = gated_traffic(gate, evidence)
    of = f" over {many(len(traffic.sent), 'operation')}{of}"
    if gate.about.quantile is not None:
        return _quantile(gate, traffic, gate.about.quantile, of)
    if not len(traffic.sent):
        return Measured(None, "no such operation was sent", of=of)
    needed = least_of_ratio(gate.limit) if gate.measure.endswith(" ratio") else 0
    return Measured(_rate(gate, traffic), of=of, thin=f", {needed:,} are needed to hold it" if len(traffic.sent) < needed else "")


def _quantile(gate: Gate, traffic: Traffic, quantile: float, of: str) -> Measured:
    ranked = traffic.services if gate.measure.startswith("service ") else traffic.latencies
    found = ranked.at(quantile)
    if found is None:
        return Measured(None, "no such operation was sent", of=of)
    return Measured(found.ms, censored=found.censored, of=of)


def _rate(gate: Gate, traffic: Traffic) -> float | None:
    if gate.measure in RATIOS:
        return traffic.ratio(*RATIOS[gate.measure])
    if gate.measure == "goodput ratio":
        return traffic.good_ratio
    span_s = traffic.span_s(gate.phase)
    done = traffic.successes if gate.subject else traffic.transactions
    if gate.measure == "peak tps":
        return float(traffic.seconds(done).max())
    which = traffic.good if gate.measure == "goodput" else done
    return float(which.sum()) / span_s if span_s > 0 else None


def _of_strikes(gate: Gate, evidence: Evidence) -> list[Measured]:
    """What each strike that the gate means came to; of outages that others make none may have come."""
    named = strikes_named(gate.subject or "", [strike.planned for strike in evidence.strikes])
    if not named:
        return [Measured(None, "no outage was seen", about=About.PULSE)]
    if gate.measure in _OF_THEIR_OWN:
        found = [_of_its_own(gate, strike.id, evidence) for strike in named]
    else:
        recoveries = {recovery.id: recovery for recovery in evidence.recoveries}
        found = [_of_strike(gate, strike.id, recoveries.get(strike.id), evidence) for strike in named]
    if len(named) == 1:
        return found
    which = [f" ({strike.id}, the worst of {len(named)} strikes)" for strike in named]
    return [replace(one, of=one.of + of, why_not=one.why_not + of) for one, of in zip(found, which, strict=True)]


def _of_strike(gate: Gate, strike: str, recovery: Recovery | None, evidence: Evidence) -> Measured:
    lost = _OF_LOSSES.get(gate.measure)
    field, about = (lost, About.EFFECTS) if lost else _OF_DRILLS[gate.measure]
    if recovery is None:
        return Measured(None, f"{strike} never struck", about=about)
    value: float | None = getattr(recovery.loss if lost else recovery, field)
    if value is None:
        return Measured(None, recovery.reasons.get(field, "it cannot be told"), about=about)
    censored = field == "rto_s" and recovery.rto_censored
    undecided = censored and value < recovery.strike.drill.deadline
    of = _when(recovery) if gate.measure.startswith("rpo") else ""
    on_path = _ON_PATHS.get(field)
    without_own = partial(least_of, recovery.strike, evidence, on_path) if on_path else None
    return Measured(float(value), censored=censored, undecided=undecided, about=about, of=of, without_own=without_own)


def _when(recovery: Recovery) -> str:
    """Of losses: how many were acknowledged before the fault, and how many after it."""
    before, after = recovery.loss.lost_before, recovery.loss.lost_after
    return f", {before} acknowledged before the fault and {after} after it" if recovery.loss.rpo_operations else ""


def _of_its_own(gate: Gate, strike: str, evidence: Evidence) -> Measured:
    """What a measure of its own says of a strike that struck."""
    figure, about = _OF_THEIR_OWN[gate.measure]
    struck = next((one for one in evidence.strikes if one.id == strike and one.zero_s is not None), None)
    if struck is None:
        return Measured(None, f"{strike} never struck", about=about)
    try:
        return replace(figure(gate, struck, evidence), about=about)
    except NoEvidence as missing:
        return Measured(None, str(missing), about=about)


def _without_own(since_s: float, lasted_s: float, evidence: Evidence) -> float:
    """A time that ended by what customers did, which may have been late by that much."""
    return lasted_s - evidence.own_delay.longest_s(since_s, since_s + lasted_s)


def _breakers(gate: Gate, struck: StrikeOutcome, evidence: Evidence) -> Measured:
    """The worst breaker's figure."""
    trials = evidence.breaker_trials(struck)
    told = [(trial, *trial.figure(gate.measure)) for trial in trials]
    known = [(censored, value, trial) for trial, value, censored in told if value is not None]
    if not known:
        return Measured(None, f"no breaker opened in {struck.id}, so none had to close")
    censored, value, worst = max(known, key=lambda one: one[:2])
    since_s = {"time to open": struck.zero_s, "time to close": worst.may_close_from_s}.get(gate.measure)
    without_own = None if since_s is None else partial(_without_own, since_s, value, evidence)
    of = f" ({worst.node} to {worst.dependency}, the worst of {len(trials)})"
    if gate.measure == "time to close":
        of += _of_away(worst, value, struck)
    return Measured(value, censored=censored, of=of, without_own=without_own)


def _of_away(trial: BreakerTrial, close_s: float, struck: StrikeOutcome) -> str:
    """The figure from the undo too, where the node served later than that."""
    away_s = (trial.may_close_from_s or 0.0) - (struck.undone_s or 0.0)
    return f", since its node served again; {measured(close_s + away_s, 's')} since the undo" if away_s > 0 else ""


def _kill_switch(gate: Gate, struck: StrikeOutcome, evidence: Evidence) -> Measured:
    """What the campaign's kill switch did."""
    value, censored = evidence.pause_trial(struck).figure(gate.measure)
    counted = gate.measure == "time to pause" and value is not None
    without_own = partial(_without_own, struck.zero_s or 0.0, value or 0.0, evidence) if counted else None
    return Measured(value, "nothing was asked for that a pause does not keep out", censored=censored, without_own=without_own)


def _another_way(_gate: Gate, struck: StrikeOutcome, evidence: Evidence) -> Measured:
    """How soon customers got by another way what was taken."""
    value, censored = time_to_another_way(struck, evidence)
    return Measured(value, censored=censored, without_own=partial(_without_own, struck.zero_s or 0.0, value, evidence))


def _switches(_gate: Gate, struck: StrikeOutcome, evidence: Evidence) -> Measured:
    """How often a new path took the writes before the next strike."""
    source = evidence.plan.target.events
    if source is None or "promoted" not in source.kinds.values():
        return Measured(None, "the target does not tell when a new path accepts writes")
    return Measured(float(switches(struck, evidence.of_kind(SystemPromoted))))


def _least_site(_gate: Gate, struck: StrikeOutcome, evidence: Evidence) -> Measured:
    """The least share of the work that a site has, once what was broken is whole."""
    site, share = least_site_share(struck, evidence)
    return Measured(share, of=f" (site {site})")


def _failures(_gate: Gate, struck: StrikeOutcome, evidence: Evidence) -> Measured:
    """What came to nothing, of customers and pulse, before the next strike; what was under way when it struck included."""
    asked = [failures(traffic, struck) for traffic in (evidence.traffic, evidence.pulse)]
    return Measured(float(sum(failed for failed, _ in asked)), of=f" of {sum(among for _, among in asked):,}")


def _of_class(figure: Callable[[StrikeOutcome, Evidence, Traffic], tuple[str, float]]) -> "_Figure":
    def found(_gate: Gate, struck: StrikeOutcome, evidence: Evidence) -> Measured:
        name, value = figure(struck, evidence, evidence.traffic)
        return Measured(value, of=f" ({name})", without_own=lambda: figure(struck, evidence, _swift(struck, evidence))[1])

    return found


def _swift(struck: StrikeOutcome, evidence: Evidence) -> Traffic:
    return evidence.at_least(evidence.traffic, struck.zero_s or 0.0)


def _plain(figure: Callable[[StrikeOutcome, Evidence], float]) -> "_Figure":
    return lambda _gate, struck, evidence: Measured(float(figure(struck, evidence)))


_Figure = Callable[[Gate, StrikeOutcome, Evidence], Measured]

_OF_THEIR_OWN: dict[str, tuple[_Figure, About]] = {
    **dict.fromkeys(
        ("time to open", "time to close", "half-open probes", "calls while open", "openings", "flaps"), (_breakers, About.PULSE)
    ),
    **dict.fromkeys(
        ("time to pause", "time to notice", "time to acknowledge", "grants after pause", "success while paused"),
        (_kill_switch, About.PULSE),
    ),
    **dict.fromkeys(("trips", "stale alarms", "resumes"), (_kill_switch, About.PULSE)),
    "time to another way": (_another_way, About.PULSE),
    "switches": (_switches, About.PULSE),
    "writers": (_plain(most_writers), About.PULSE),
    "least site share": (_least_site, About.TRAFFIC),
    "failures": (_failures, About.TRAFFIC),
    "least goodput": (_of_class(least_goodput), About.TRAFFIC),
    "hysteresis": (_of_class(hysteresis), About.TRAFFIC),
    "retry amplification": (_plain(retries_during), About.TRAFFIC),
    "retry amplification after": (_plain(retries_after), About.TRAFFIC),
    "replenishment left": (_plain(replenishment_left), About.EFFECTS),
    "replenished amiss": (_plain(replenished_amiss), About.EFFECTS),
    "grants left at release": (_plain(left_at_release), About.EFFECTS),
    "release left": (_plain(release_left), About.EFFECTS),
}
