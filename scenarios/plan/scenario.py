"""A scenario: what is planned. One YAML file in `catalog/`; the models below are the file, field by field."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from scenarios.errors import BadInput, Misfit
from scenarios.harmless import clipped
from scenarios.plan.arrival_curves import Curve
from scenarios.plan.campaign_model import MOST_FEN, Campaign
from scenarios.plan.crowd import USUAL, Crowd, usual_crowd, with_crowd
from scenarios.plan.gates import Gate, SubjectKind, parse_gate
from scenarios.plan.observed import OBSERVED, Observed
from scenarios.plan.phases import Duration, Phase, Rate, Weights, in_busy_hours, is_duration, phase_pieces, phase_problems, seconds
from scenarios.plan.strikes import PlannedDrill, Strike, names_of, number_strikes, strikes_named
from scenarios.plan.surges import MOST_LOAD_S, Surge, surged
from scenarios.plan.tiers import Tiers
from scenarios.strict import FromFile, Strict
from scenarios.target.fields import Description, InnerName, Name

MOST_ARRIVALS = 10_000_000
MOST_PULSES = 10_000_000
_OUTLASTS_S = 600.0
_BEFORE_S = 300.0
_MOST_MS = 600_000.0
_LEAST_REASON = 10

_TrustMs = Annotated[float, Field(gt=0, le=60_000)]
_TrustS = Annotated[float, Field(ge=0, le=3600)]


def _gate(value: str) -> str:
    try:
        parse_gate(value)
    except BadInput as error:
        raise ValueError(error.what) from None
    return value


def _reasoned(value: str) -> str:
    """Long enough to be a reason, blanks apart."""
    reason = value.strip()
    if sum(char.isprintable() and not char.isspace() for char in reason) < _LEAST_REASON:
        raise ValueError(f"{clipped(value)!r} is no reason; allowed: {_LEAST_REASON} characters or more, blanks apart")
    return reason


GateText = Annotated[str, Field(max_length=300), AfterValidator(_gate)]


class Population(Strict):
    """Who may come."""

    customers: int = Field(default=2000, ge=1, le=2_000_000)
    opening_balance_fen: int = Field(default=1_000_000, ge=0, le=MOST_FEN)
    payees_zipf: float = Field(
        default=0, ge=0, le=3, description="how much transfers crowd on a few payees; 0: everybody pays his neighbour, so no account is hot"
    )
    area_codes: Literal["unassigned"] = "unassigned"
    tiers: Tiers = Tiers()


class Pulse(Strict):
    """Independent one-step operations at a fixed rate, without retries, on which recovery is measured."""

    operations: list[InnerName] = Field(min_length=1, max_length=100)
    rate: Rate = Field(default=20.0, gt=0, description="of each operation")


class Connections(Strict):
    """How the customers' phones reach the services."""

    per: Literal["pool", "customer"] = Field(
        default="pool",
        description="pool: few connections, kept alive, for whoever asks next; customer: each has his own, from his coming to his leaving",
    )
    reconnect_at_bell: float = Field(
        default=0.0, ge=0, le=1, description="share of customers who have lost their connection when the bell rings, and shake hands anew"
    )


class Slo(Strict):
    """How fast a correct answer must come to count as goodput."""

    read_ms: float = Field(default=800.0, gt=0, le=_MOST_MS)
    effect_ms: float = Field(default=1000.0, gt=0, le=_MOST_MS)


class Trust(Strict):
    """What the generator must keep, or the rehearsal is INVALID."""

    unsent_ratio: float = Field(default=0.001, ge=0, le=1, description="arrivals that the generator itself did not send")
    dispatch_lag_p99_ms: _TrustMs = Field(default=50.0, description="sent - ready, the wait for a connection apart")
    stall_ms: _TrustMs = Field(default=500.0, description="longest time in which the generator's process got nothing done")
    cpu_ceiling: float = Field(default=0.95, gt=0, le=1, description="of one core, which is all that a load process can use")
    cpu_ceiling_s: float = Field(
        default=3.0, ge=0, le=3600, description="for how many seconds in a row a load process may be at its ceiling"
    )
    core_wait_share: float = Field(default=0.75, gt=0, le=1, description="of its time, in which the engine was kept waiting for a core")
    core_wait_s: _TrustS = Field(default=3.0, description="for how many seconds in a row it may be kept waiting so")
    gc_pause_ms: _TrustMs = Field(default=250.0, description="longest pause of the garbage collector")
    clock_step_ms: _TrustMs = Field(default=100.0, description="by how much the wall clock may be set forward or back in a second")
    steady_ratio: float = Field(
        default=0.5, ge=0, le=1, description="operations that were answered in order, in the target's best ten seconds"
    )
    clock_error_ms: _TrustMs = Field(default=50.0, description="by how much a worker on another machine may misjudge T0")


class Waiver(Strict):
    """A required check that need not be, and why. Shown in the report."""

    check: Name
    reason: Annotated[str, Field(max_length=1000), AfterValidator(_reasoned)]


class Scenario(FromFile):
    """A scenario file."""

    name: Name
    describe: Description
    like: Description | None = Field(default=None, description="another scenario, which says all that this one does not say itself")
    target: Name = "embedded"
    seed: int = Field(default=1, ge=0, lt=2**63)
    busy_hour: Rate | None = Field(default=None, description="arrivals of an ordinary busy hour, of which '1.5 x' is a multiple")
    phases: list[Phase] = Field(min_length=1, max_length=500)
    mix: Weights = Field(default={}, description="weights of the journeys among arrivals; those of the profile where none are said")
    population: Population = Population()
    profile: Name = Field(default=USUAL, description="whose habits the crowd has: a file of scenarios/profiles")
    crowd: Crowd = Field(default_factory=usual_crowd, description="what the scenario's crowd has otherwise than its profile")
    campaign: Campaign = Campaign()
    pulse: Pulse | None = None
    drills: list[PlannedDrill] = Field(default=[], max_length=100)
    surges: list[Surge] = Field(default=[], max_length=100, description="what its drills add to the load; they say it, not the file")
    observed: Observed | None = Field(default=None, description="others break and heal, and mark what they do; instead of drills")
    connections: Connections = Connections()
    slo: Slo = Slo()
    trust: Trust = Trust()
    gates: list[GateText] = Field(default=[], max_length=500)
    waive: list[Waiver] = Field(default=[], max_length=100)
    require: list[Name] = Field(
        default=[], max_length=100, description="checks without which the run proves nothing, where the target's file does not map them"
    )
    drain: Duration = Field(default=10.0, le=3600, description="how long answers are awaited after the last phase")
    ends_once_recovered: bool = Field(
        default=False, description="the load ends before its time, once every drill has recovered and all has held for its window since"
    )

    @model_validator(mode="before")
    @classmethod
    def _multiplied(cls, plain: object) -> object:
        return with_crowd(in_busy_hours(plain))

    @model_validator(mode="after")
    def _fits_together(self) -> "Scenario":
        for problem in _problems(self):
            raise problem
        return self

    @property
    def lasts_s(self) -> float:
        """Seconds of load, the drain apart."""
        return sum(phase.lasts_s for phase in self.phases)

    def span(self, phase_name: str) -> tuple[float, float]:
        """Start and end of a phase in seconds since T0. Raises KeyError where there is no such phase."""
        start = 0.0
        for phase in self.phases:
            if phase.name == phase_name:
                return start, start + phase.lasts_s
            start += phase.lasts_s
        raise KeyError(phase_name)

    @property
    def opens_s(self) -> float:
        """When the bell rings, in seconds since T0; negative where the sale is open throughout."""
        return self.span(self.campaign.bell)[0] if self.campaign.bell else -60.0

    @property
    def ends_s(self) -> float:
        """When the sale is over, in seconds since T0; long after the load where nothing is said."""
        return self.span(self.campaign.ends)[0] if self.campaign.ends else self.lasts_s + self.drain + _OUTLASTS_S

    @property
    def contest_ends_s(self) -> float:
        """When the teams' contest is over, in seconds since T0; long after the load where it is not."""
        ends = self.campaign.team.ends
        return self.span(ends)[0] if ends else self.lasts_s + self.drain + _OUTLASTS_S

    @property
    def rules_change_s(self) -> float:
        """When the second version of the rules is in force, in seconds since T0; long after the load where there is none."""
        changes = self.campaign.rules.changes
        return self.span(changes)[0] if changes else self.lasts_s + self.drain + _OUTLASTS_S

    @property
    def privilege_s(self) -> tuple[float, float]:
        """From when and until when gold customers have their privilege, in seconds since T0; the whole campaign where no phase is named."""
        during = self.campaign.privilege.during
        return self.span(during) if during else (-_BEFORE_S, self.lasts_s + self.drain + _OUTLASTS_S)

    def at_s(self, drill: PlannedDrill) -> float:
        """When a drill is planned to strike, in seconds since T0.

        Raises:
            BadInput: `at` is not understood, or names no phase.
        """
        phase, _, offset = (part.strip() for part in drill.at.partition("+"))
        try:
            if not offset and is_duration(phase):
                return seconds(phase)
            return self.span(phase)[0] + (seconds(offset) if offset else 0.0)
        except (KeyError, ValueError):
            raise BadInput(
                f"drill {drill.drill} strikes at {drill.at!r}; allowed: '20 s', 'PHASE' or 'PHASE + 8 s' with a phase of: "
                + ", ".join(phase.name for phase in self.phases)
            ) from None

    @property
    def strikes(self) -> list[Strike]:
        """The strikes of its drills, by time."""
        return number_strikes((self.at_s(drill), drill) for drill in self.drills)

    @property
    def curve(self) -> Curve:
        """The arrival rate over the whole scenario."""
        planned = (piece for phase in self.phases for piece in phase_pieces(phase, self.span(phase.name)[0]))
        return Curve(tuple(surged(planned, self.surges)))

    @property
    def parsed_gates(self) -> list[Gate]:
        """The gates, in the file's order."""
        return [parse_gate(text) for text in self.gates]


def _problems(scenario: Scenario) -> Iterator[Misfit]:
    names = [phase.name for phase in scenario.phases]
    if len(set(names)) < len(names):
        yield Misfit(f"two phases have one name; there are: {', '.join(names)}", "phases")
    yield from _campaign_problems(scenario, names)
    yield from _winner_problems(scenario)
    for number, phase in enumerate(scenario.phases):
        for what, where in phase_problems(phase):
            yield Misfit(what, "phases", number, *where)
        if phase.mix is not None and not _weighs(phase.mix):
            yield Misfit("a mix needs weights of 0 or more with a sum above 0", "phases", number, "mix")
    yield from _size_problems(scenario)
    if not _weighs(scenario.mix):
        yield Misfit("a mix needs weights of 0 or more with a sum above 0", "mix")
    yield from _segment_problems(scenario)
    yield from _gate_problems(scenario, names)
    yield from _drill_problems(scenario)


def _segment_problems(scenario: Scenario) -> Iterator[Misfit]:
    """A segment for which nothing is left of a mix."""
    mixes: list[tuple[dict[str, float], tuple[str | int, ...]]] = [(scenario.mix, ("mix",))]
    mixes += [(phase.mix, ("phases", number, "mix")) for number, phase in enumerate(scenario.phases) if phase.mix]
    mixes += [(surge.mix, ("surges", number, "mix")) for number, surge in enumerate(scenario.surges) if surge.mix]
    for mix, where in mixes:
        for segment in scenario.crowd.segments:
            if _weighs(mix) and not _weighs(segment.weights(mix)):
                yield Misfit(f"the segment {segment.name} has no journey in this mix; allowed: a factor above 0 for one of it", *where)


def _campaign_problems(scenario: Scenario, names: list[str]) -> Iterator[Misfit]:
    if scenario.campaign.bell and scenario.campaign.bell not in names:
        yield Misfit(f"the bell names the phase {scenario.campaign.bell!r}; there are: {', '.join(names)}", "campaign", "bell")
    if scenario.campaign.ends and scenario.campaign.ends not in names:
        yield Misfit(f"the sale ends with the phase {scenario.campaign.ends!r}; there are: {', '.join(names)}", "campaign", "ends")
    elif scenario.ends_s <= max(scenario.opens_s, 0.0):
        yield Misfit("the sale ends before it has begun; allowed: a phase after the bell's, and not the first", "campaign", "ends")
    if scenario.campaign.team.ends and scenario.campaign.team.ends not in names:
        problem = f"the teams' contest ends with the phase {scenario.campaign.team.ends!r}; there are: {', '.join(names)}"
        yield Misfit(problem, "campaign", "team", "ends")
    if scenario.campaign.points.double and scenario.campaign.points.double not in names:
        problem = f"double points name the phase {scenario.campaign.points.double!r}; there are: {', '.join(names)}"
        yield Misfit(problem, "campaign", "points", "double")
    if scenario.campaign.rules.changes and scenario.campaign.rules.changes not in names:
        problem = f"the rules change with the phase {scenario.campaign.rules.changes!r}; there are: {', '.join(names)}"
        yield Misfit(problem, "campaign", "rules", "changes")
    if scenario.campaign.privilege.during and scenario.campaign.privilege.during not in names:
        problem = f"the privilege names the phase {scenario.campaign.privilege.during!r}; there are: {', '.join(names)}"
        yield Misfit(problem, "campaign", "privilege", "during")


def _winner_problems(scenario: Scenario) -> Iterator[Misfit]:
    """More prizes than all customers together may win: such a sale is never sold out.

    A stock that nobody said is not too much; by its value, for in a run folder's copy all is said.
    """
    prizes, customers = scenario.campaign.prizes, scenario.population.customers
    most = customers * prizes.per_customer
    if prizes.stock > most and prizes.stock != type(prizes).model_fields["stock"].default:
        told = f"{prizes.stock} prizes are more than {customers} customers may win, {prizes.per_customer} each; allowed: {most} at most"
        yield Misfit(told, "campaign", "prizes", "stock")


def _size_problems(scenario: Scenario) -> Iterator[Misfit]:
    """What no machine could offer, or nobody wait for; and surges of nobody."""
    for number, surge in enumerate(scenario.surges):
        if surge.mix is not None and not _weighs(surge.mix):
            yield Misfit("a mix needs weights of 0 or more with a sum above 0", "surges", number, "mix")
    if scenario.lasts_s > MOST_LOAD_S:
        yield Misfit(f"the load lasts {scenario.lasts_s:,.0f} s; allowed: {MOST_LOAD_S:,} s, which is a day", "phases")
        return
    arrivals = scenario.curve.total
    if arrivals > MOST_ARRIVALS:
        yield Misfit(f"{arrivals:,.0f} customers would come; allowed: {MOST_ARRIVALS:,}", "phases")
    pulses = scenario.lasts_s * scenario.pulse.rate * len(scenario.pulse.operations) if scenario.pulse else 0
    if pulses > MOST_PULSES:
        yield Misfit(f"the pulse would send {pulses:,.0f} requests; allowed: {MOST_PULSES:,}", "pulse", "rate")


def _weighs(mix: dict[str, float]) -> bool:
    return sum(mix.values()) > 0


def _gate_problems(scenario: Scenario, phases: list[str]) -> Iterator[Misfit]:
    try:
        strikes = scenario.strikes
    except BadInput:
        return  # the drill that has no time is named by itself
    for number, gate in enumerate(scenario.parsed_gates):
        if gate.phase and gate.phase not in phases:
            yield Misfit(f"gate {gate.text!r} names the phase {gate.phase!r}; there are: {', '.join(phases)}", "gates", number)
        if gate.about.kind is SubjectKind.DRILL and not strikes_named(gate.subject or "", strikes):
            if scenario.observed and gate.subject == OBSERVED:
                continue
            there = ", ".join([*names_of(strikes), *([OBSERVED] if scenario.observed else [])]) or "none"
            yield Misfit(f"gate {gate.text!r} names the drill {gate.subject!r}; there are: {there}", "gates", number)


def _observed_problems(scenario: Scenario, observed: Observed) -> Iterator[Misfit]:
    if scenario.drills:
        yield Misfit("others break things in an observed run, and so would its drills: nobody could tell whose an outage was", "observed")
    if scenario.pulse is None:
        yield Misfit("observed needs a pulse to measure recovery on; add pulse: {operations: [...]}", "observed")
    needed = STEADY_S + observed.window
    if needed > scenario.lasts_s:
        yield Misfit(
            f"observed needs load for {needed:g} s at least ({STEADY_S:g} of steady state + window {observed.window:g}), but the load "
            f"ends at {scenario.lasts_s:g} s; lengthen a phase",
            "observed",
        )


def _drill_problems(scenario: Scenario) -> Iterator[Misfit]:
    if scenario.observed:
        yield from _observed_problems(scenario, scenario.observed)
    for number, drill in enumerate(scenario.drills):
        if scenario.pulse is None:
            yield Misfit(f"drill {drill.drill} needs a pulse to measure recovery on; add pulse: {{operations: [...]}}", "drills", number)
        try:
            at_s = scenario.at_s(drill)
        except BadInput as error:
            yield Misfit(error.what, "drills", number, "at")
            continue
        needed = at_s + drill.deadline + drill.window
        if at_s < STEADY_S:
            yield Misfit(
                f"drill {drill.drill} strikes at {at_s:g} s, before {STEADY_S:g} s of steady state; let it strike later",
                "drills",
                number,
                "at",
            )
        if needed > scenario.lasts_s:
            yield Misfit(
                f"drill {drill.drill} needs load until {needed:g} s (strike {at_s:g} + deadline {drill.deadline:g} "
                f"+ window {drill.window:g}), but the load ends at {scenario.lasts_s:g} s; lengthen a phase",
                "drills",
                number,
            )


STEADY_S = 10.0
"""How long success ratios and latency must hold before a drill may strike."""
