"""Who arrives when, to do what: the crowd of a run, fixed by its seed, and the share of it that one load process takes."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.enquiries import TOPICS, phrase
from locustfiles.crowd.invite_graph import FRIEND, INVITER, Visit, invite_graph
from locustfiles.crowd.journey_steps import Journey
from locustfiles.crowd.seeded_random import STREAM_JOURNEYS, STREAM_ORDER, STREAM_SURGES, RandomStream
from locustfiles.crowd.shared_facts import SharedFacts, shared_facts, to_be_told
from scenarios.errors import BadInput
from scenarios.plan.arrival_curves import arrivals, draws
from scenarios.plan.crowd import segments_of
from scenarios.plan.scenario import Scenario
from scenarios.plugins import JOURNEY, modules
from scenarios.run.folder import Plan
from scenarios.target.operation_codec import OperationCodec
from scenarios.target.people import ARGUMENTS

JourneyFunction = Callable[[Customer], Journey]

_ENQUIRY = {"text": phrase(TOPICS[0], 0.5), "topic": TOPICS[0], "category": "enquiry"}


def arguments(customer: Customer, amount_fen: int) -> dict[str, object]:
    """Values for them, but for a coupon's face, which an answer tells; the inviter is the customer's neighbour."""
    return {
        "amount_fen": amount_fen,
        "order_id": customer.order_id(),
        "inviter": (customer.number + 1) % customer.shared.customers,
        **_ENQUIRY,
    }


_RESERVED_EACH = 16
"""Customers set apart for each operation of the pulse."""


def load_journeys() -> dict[str, JourneyFunction]:
    """All journeys by name: in each discovered file, the function called like it.

    Raises:
        BadInput: a file breaks the contract of journeys.
    """
    return {name: getattr(module, name.replace("-", "_")) for name, module in modules(JOURNEY)}


@dataclass(frozen=True)
class Workload:
    """The crowd of a scenario."""

    scenario: Scenario
    seed: int

    @property
    def reserved(self) -> int:
        """Customers set apart for the pulse: the last of the population."""
        if self.scenario.pulse is None:
            return 0
        return min(_RESERVED_EACH * len(self.scenario.pulse.operations), max(1, self.scenario.population.customers // 4))

    @property
    def visiting(self) -> int:
        """Customers that journeys are for: the first of the population."""
        return max(1, self.scenario.population.customers - self.reserved)

    @cached_property
    def journey_names(self) -> list[str]:
        """Names of all journeys that some mix gives a weight."""
        scenario = self.scenario
        own = [*(phase.mix for phase in scenario.phases), *(surge.mix for surge in scenario.surges)]
        mixes = [scenario.mix, *(mix for mix in own if mix)]
        return sorted({name for mix in mixes for name, weight in mix.items() if weight > 0})

    @cached_property
    def times_s(self) -> npt.NDArray[np.float64]:
        """Times of all arrivals, ascending."""
        return arrivals(self.scenario.curve, self.seed)

    @cached_property
    def journeys(self) -> npt.NDArray[np.uint8]:
        """For each arrival its journey, as an index into `journey_names`, by the mix of its phase, or of the surge that it comes with."""
        drawn = draws(self.seed, STREAM_JOURNEYS, 0, len(self.times_s))
        chosen = np.zeros(len(self.times_s), np.uint8)
        for phase in self.scenario.phases:
            start, end = self.scenario.span(phase.name)
            mine = (self.times_s >= start) & (self.times_s < end)
            chosen[mine] = self._by_weight(phase.mix or self.scenario.mix, drawn, mine)
        for number, surge in enumerate(self.scenario.surges):
            if surge.mix:
                inside = (self.times_s >= surge.at_s) & (self.times_s < surge.ends_s)
                extra = inside & (draws(self.seed, STREAM_SURGES + number, 0, len(self.times_s)) < surge.extra_share)
                chosen[extra] = self._by_weight(surge.mix, drawn, extra)
        return chosen

    def _by_weight(self, mix: dict[str, float], drawn: npt.NDArray[np.float64], which: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """The journeys that numbers in (0, 1) stand for in a mix, for the arrivals of a mask; each segment has the mix its own way."""
        segments = self.scenario.crowd.segments
        if not segments:
            return self._stands_for(mix, drawn[which])
        found, of = np.zeros(int(np.count_nonzero(which)), np.uint8), self._segment[which]
        for number, segment in enumerate(segments):
            found[of == number] = self._stands_for(segment.weights(mix), drawn[which][of == number])
        return found

    def _stands_for(self, mix: dict[str, float], drawn: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        weights = [mix.get(name, 0.0) for name in self.journey_names]
        edges = np.array(list(accumulate(weights))) / sum(weights)
        return np.minimum(np.searchsorted(edges, drawn, "right"), len(weights) - 1).astype(np.uint8)

    @cached_property
    def _segment(self) -> npt.NDArray[np.intp]:
        """For each arrival the number of its customer's segment."""
        step, offset, visiting = self._order
        customers = (np.arange(len(self.times_s), dtype=np.int64) * step + offset) % visiting
        return segments_of(self.scenario.crowd.segments, self.seed, visiting)[customers]

    def visits(self, *journeys: str) -> Iterator[Visit]:
        """The arrivals of these journeys by time."""
        names = self.journey_names
        wanted = [names.index(name) for name in journeys if name in names]
        for arrival in np.flatnonzero(np.isin(self.journeys, wanted)).tolist():
            yield names[self.journeys[arrival]], self.customer(arrival), float(self.times_s[arrival])

    def customer(self, arrival: int) -> int:
        """Number of the customer who makes an arrival: everybody comes once, in an order of the seed's, before anybody comes again."""
        step, offset, visiting = self._order
        return (arrival * step + offset) % visiting

    @cached_property
    def _order(self) -> tuple[int, int, int]:
        chance = RandomStream(self.seed, STREAM_ORDER)
        step = 1 + chance.below(self.visiting)
        while math.gcd(step, self.visiting) != 1:
            step += 1
        return step, chance.below(self.visiting), self.visiting

    def pulse_customer(self, beat: int) -> int:
        """Number of the customer whose turn a beat of the pulse is."""
        return self.visiting + beat % self.reserved


@dataclass(frozen=True)
class PreparedCrowd:
    """Everything of a run's crowd that does not need T0, whichever share of it a process will take."""

    workload: Workload
    journeys: dict[str, JourneyFunction]
    shared: SharedFacts


def prepare_crowd(plan: Plan) -> PreparedCrowd:
    """Builds it; takes seconds where the crowd is large.

    Raises:
        BadInput: a journey cannot be had, or the pulse asks for what nothing tells.
    """
    journeys = load_journeys()
    workload = Workload(plan.scenario, plan.seed)
    check_journeys(workload, journeys)
    shared = shared_facts(plan)
    if any("{name" in operation.model_dump_json() for operation in plan.target.operations.values()):
        shared.identities.name(0)  # the pool of names takes long to fill, and no customer shall wait for it
    _ = workload.times_s, workload.journeys
    shared.invitations = invite_graph(workload.visits(INVITER, FRIEND), plan.scenario, plan.seed)
    return PreparedCrowd(workload, journeys, shared)


def check_journeys(crowd: Workload, journeys: dict[str, JourneyFunction]) -> None:
    """Raises BadInput where a mix names a journey that is not there."""
    for name in crowd.journey_names:
        if name not in journeys:
            raise BadInput(f"the mix names the journey {name!r}; there are: {', '.join(journeys)}")


class UntoldName(BadInput):
    """An operation needs what no answer tells; a journey may give it."""

    def __init__(self, operation: str, name: str) -> None:
        """`name` is what is needed."""
        super().__init__(f"operation {operation} needs {{{name}}}, which no operation's answer tells")
        self.name = name


def prerequisites(operations: dict[str, OperationCodec], pulse: list[str]) -> list[str]:
    """Operations that must be asked once before those of a pulse can be: a login first, then whatever tells what they need to know.

    Raises:
        BadInput: an operation is not the target's.
        UntoldName: one needs something that nothing tells.
    """
    order: list[str] = []
    for name in pulse:
        if name not in operations:
            raise BadInput(f"the pulse names the operation {name!r}; the target has: {', '.join(operations)}")
        _resolve(name, operations, order, ())
    return order


def _resolve(name: str, operations: dict[str, OperationCodec], order: list[str], above: tuple[str, ...]) -> None:
    for need in sorted(to_be_told(operations[name].placeholders) - ARGUMENTS):
        order += _ways_to(need, operations, order, (*above, name))


def _ways_to(need: str, operations: dict[str, OperationCodec], asked: list[str], above: tuple[str, ...]) -> list[str]:
    """What has to be asked besides for an answer to tell this; of several that tell it, the first that can be asked at all."""
    wanting: UntoldName | None = None
    for source, codec in operations.items():
        if need not in codec.outputs or codec.only_keeps or source in above:
            continue
        order = list(asked)
        try:
            _resolve(source, operations, order, above)
        except UntoldName as error:
            wanting = wanting or error
            continue
        return order[len(asked) :] + ([source] if source not in order else [])
    raise wanting or UntoldName(above[-1], need)
