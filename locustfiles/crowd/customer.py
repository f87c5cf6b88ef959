"""A customer as a journey sees them: what they know, want and draw; how patient they are. No I/O, no clock, no engine."""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from locustfiles.crowd.enquiries import phrase
from locustfiles.crowd.identities import Identities
from locustfiles.crowd.invite_graph import Invitation
from locustfiles.crowd.journey_steps import Ask, Journey, Think
from locustfiles.crowd.seeded_random import STREAM_PAYEES, STREAM_VISITS, STREAM_WISHES, Draws, draw
from scenarios.plan.arrival_curves import draws
from scenarios.plan.campaign import item_names, popularity, zipf
from scenarios.plan.crowd import Patience, PauseName, bots_of
from scenarios.plan.scenario import Scenario
from scenarios.plan.tiers import tiers_of
from scenarios.run.enrolled import Enrolled
from scenarios.run.folder import Plan
from scenarios.run.outcomes import CORRECT, Outcome, Probe
from scenarios.target.fields import TierName
from scenarios.target.operation_codec import Answer
from scenarios.target.people import FACTS, PREFIX, People, read_people
from scenarios.target.preparation import ENROLLED
from scenarios.wire.cookies import CookieJar

NEVER_NS = 1 << 62

NOTHING = Answer(Outcome.SUCCESS)
"""What a journey receives after a pause."""

OUTCOME_ONLY = (NOTHING, *(Answer(outcome) for outcome in sorted(Outcome)))
"""By outcome, whose values begin at 1: answers of which only that is kept, shared by all customers; a hundred thousand may think."""

_FAILED = {"payment": "payment.failed", "collection": "payment.failed", "transfer": "transfer.failed"}
"""What is asked about where such an operation has failed."""

_NO_ARGS: dict[str, object] = {}
_NO_PROBE = Probe.NONE


@lru_cache(maxsize=1024)
def _plain(operation: str) -> Ask:
    """The question that most customers ask: an operation and nothing else."""
    return Ask(operation, _NO_ARGS, None, 0.0, _NO_PROBE)


_UUID_ODD = 0x2545F4914F6CDD1D
_62_BITS, _44_BITS = (1 << 62) - 1, (1 << 44) - 1
_UUID_VARIANT = 1 << 63


@dataclass(frozen=True)
class Sale:
    """The flash sale."""

    opens_at: float
    """Seconds since T0; long past where it is open throughout."""
    skus: tuple[str, ...]
    """The most wanted first."""


def beyond_records(what: str) -> ValueError:
    """The error where a journey's own value cannot be written down."""
    return ValueError(f"{what} is beyond what a record holds; allowed: keys of 64 bits, amounts of 63")


def shared_facts(plan: Plan) -> "SharedFacts":
    """Those of a run. Raises BadInput where the target's data cannot be read, or lacks what the scenario has."""
    data, items = plan.target.data, plan.target.items
    people = read_people(data) if data else None
    money = {
        name for name, one in plan.target.operations.items() if one.effect and (one.effect.moves or one.effect.grants or one.effect.pays)
    }
    return SharedFacts(plan.scenario, seed=plan.seed, run=plan.run, operations=plan.operations, people=people, items=items, money=money)


class SharedFacts:
    """What all customers of a run share."""

    date: str
    """T0's, by the bank's calendar; set once T0 is fixed, all else is known before."""

    invitations: Mapping[int, Invitation]
    """Of the customers who come by one."""

    enrolled: Enrolled
    """What the service told when they were enrolled; set once they are."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        run: str,
        operations: Collection[str],
        people: People | None = None,
        items: Mapping[str, str] = MappingProxyType({}),
        money: Collection[str] = (),
    ) -> None:
        """`run` is the run's name, so that a seed's keys are new in every run; `operations` are those that the target has.

        `people` are rows of customers who exist already, `items` the target's names for our prizes, `money` its operations
        about money or a prize. Raises BadInput where it lacks one of our prizes.
        """
        self._people = people
        self.operations = frozenset(operations)
        self.invitations = {}
        self.enrolled = {}
        prizes = scenario.campaign.prizes
        self.seed = seed
        self.identities = Identities(seed)
        self.customers = scenario.population.customers
        self.sale = Sale(scenario.opens_s, tuple(item_names(prizes, items)))
        self._wishes = array("H", _ranks(popularity(prizes), seed, STREAM_WISHES, self.customers).astype(np.uint16).tobytes())
        self._payees = _payees(self.customers, scenario.population.payees_zipf, seed)
        self.reconnect_at_bell = scenario.connections.reconnect_at_bell
        self.opening_balance_fen = scenario.population.opening_balance_fen
        self._shares_of_tiers = scenario.population.tiers
        self.patience = scenario.crowd.patience
        self.skew = scenario.crowd.skew
        self.coupling = scenario.crowd.coupling
        self.money = frozenset(money)
        self.pauses = {name: Think(pause.median_s, pause.p95_s) for name, pause in scenario.crowd.pauses}
        bots = scenario.crowd.bots
        self._bots = bots_of(scenario.crowd, seed, self.customers).tobytes() if bots else b""
        self._patience_of_bots = bots.patience(self.patience) if bots else self.patience
        digest = int.from_bytes(blake2b(f"{run} {seed}".encode(), digest_size=8).digest(), "big")
        self.tag = f"{digest & 0xFFFFFFFF:08x}"
        self.key_half = (digest & ~0xF000) | 0x8000  # version 8 of RFC 9562: a UUID of our own making
        half = f"{self.key_half:016x}"
        self._key_text = f"{half[:8]}-{half[8:12]}-{half[12:]}-"

    def key_text(self, key: int) -> str:
        """An idempotency key as UUIDs are written. All keys of a run have the same first half, so `key` is the second alone.

        Raises:
            ValueError: it is beyond 64 bits.
        """
        try:
            return self._key_text + key.to_bytes(8, "big").hex("-", 6)  # in half the time of any formatting
        except OverflowError:
            raise beyond_records(f"the key {key}") from None

    def patience_of(self, number: int) -> Patience:
        """A customer's; whether they are a bot shows in nothing else."""
        return self._patience_of_bots if self._bots and self._bots[number] else self.patience

    def wish(self, number: int) -> str:
        """The prize that a customer wants, by Zipf's law."""
        return self.sale.skus[self._wishes[number]]

    def fact(self, number: int, name: str) -> object:
        """What a customer knows without having been told. Raises KeyError for anything else."""
        match name:
            case "customer":
                return number
            case "sku" | "item":
                return self.wish(number)
            case "payee":
                return self._payees[number]
            case "date" | "opening_balance_fen":
                return getattr(self, name)
            case "name" | "phone" | "id_no" | "card_no" | "device":
                return getattr(self.identities, name)(number)
            case _:
                return self._of_people(number, name)

    @cached_property
    def _tiers(self) -> list[TierName]:
        """Of all customers; most targets never ask."""
        return tiers_of(self._shares_of_tiers, self.seed, self.customers)

    def _of_people(self, number: int, name: str) -> object:
        if name == "tier":
            return self._tiers[number]
        if name.startswith(ENROLLED):
            return self.enrolled[name.removeprefix(ENROLLED)][number]
        if self._people is None or not name.startswith(PREFIX):
            raise KeyError(name)
        return self._people.value(number, name)


def _ranks(shares: list[float], seed: int, stream: int, count: int) -> npt.NDArray[np.intp]:
    """For each customer the rank that is drawn, each as often as its share."""
    ranks = np.searchsorted(np.cumsum(shares), draws(seed, stream, 0, count), "right")
    found: npt.NDArray[np.intp] = np.minimum(ranks, len(shares) - 1)
    return found


def _payees(customers: int, exponent: float, seed: int) -> "array[int]":
    """Whom each customer pays: a neighbour, or by Zipf's law one of a few whom many pay; themselves only where they are alone."""
    numbers = np.arange(customers)
    payees = _ranks(zipf(customers, exponent), seed, STREAM_PAYEES, customers) if exponent else (numbers - 1) % customers
    payees = np.where(payees == numbers, (numbers + 1) % customers, payees)
    return array("I", payees.astype(np.uint32).tobytes())


def to_be_told(names: Iterable[str]) -> set[str]:
    """Those of the names that a customer knows only when an answer has told them."""
    return {name for name in names if name not in FACTS and not name.startswith((PREFIX, ENROLLED))}


class Session(dict[str, object]):
    """What a customer has been told, by name; what needs no telling is found when asked for."""

    __slots__ = ("cookies", "number", "shared")

    def __init__(self, shared: SharedFacts, number: int) -> None:
        """Knows nothing yet but their own number."""
        self.cookies: CookieJar | None = None  # made when the first comes
        self.shared = shared
        self.number = number
        self["customer"] = number

    def __missing__(self, name: str) -> object:
        """What is known without having been told. Raises KeyError for anything else."""
        found = self.shared.fact(self.number, name)
        if name == "device":
            self[name] = found  # goes with every request
        return found

    def learn(self, told: Mapping[str, object]) -> None:
        """Keeps what an answer tells; what it says nothing of stays as it is."""
        if None in told.values():
            told = {name: value for name, value in told.items() if value is not None}
        self.update(told)


@dataclass(frozen=True, slots=True)
class PlannedAttempt:
    """One try of something a customer wants badly."""

    key: int
    tap: int
    retry: int  # 0 is the tap itself, above it the app's automatic retries


class Customer(Draws):
    """One customer on one visit. A hundred thousand of them may think at once, so each is kept small."""

    __slots__ = ("_at", "_drawn", "_pause_s", "last", "origin", "retry_after_s", "session")

    session_until_ns: int = NEVER_NS
    """When the token that they have is to be renewed; from then on nothing leaves by it."""

    def __init__(self, shared: SharedFacts, number: int, origin: int) -> None:
        """`origin` is the operation id of the visit's step 0, from which its draws and its keys derive."""
        self._at = 0  # draws so far
        self._drawn = 0  # keys so far
        self.origin = origin
        self.session = Session(shared, number)
        self.last = NOTHING  # what came of the last question; what it told stands in the session
        self.retry_after_s = 0.0  # what the last answer asked to wait
        self._pause_s = 0.0

    def uniform(self) -> float:
        """This visit's next draw in (0, 1)."""
        self._at = number = self._at + 1
        return draw(self.session.shared.seed, STREAM_VISITS + (self.origin >> 16 & _44_BITS), number - 1)

    @property
    def chance(self) -> Draws:
        """This visit's own draws."""
        return self

    @property
    def shared(self) -> SharedFacts:
        """What all customers of the run share."""
        return self.session.shared

    @property
    def number(self) -> int:
        """Which of the population this is."""
        return self.session.number

    @property
    def at_s(self) -> float:
        """Seconds since T0, kept by whoever drives the journey."""
        raise NotImplementedError

    @property
    def sale(self) -> Sale:
        """The flash sale."""
        return self.shared.sale

    @property
    def wish(self) -> str:
        """The prize wanted."""
        session = self.session
        return session.shared.wish(session.number)

    @property
    def invitation(self) -> Invitation | None:
        """By whom they are invited, if by anybody."""
        return self.shared.invitations.get(self.number)

    def succeeded(self) -> bool:
        """Whether the last question was answered with success."""
        return self.last.outcome is Outcome.SUCCESS

    def knows(self, name: str) -> bool:
        """Whether an answer has told them that."""
        return self.session.get(name) is not None

    def tell_another(self, *names: str) -> bool:
        """From here on it is the next customer who acts, and of what this one knows they know only these. False where there is no other."""
        told = {name: self.session[name] for name in names if self.knows(name)}
        number = (self.number + 1) % self.shared.customers
        if number == self.number or not told:
            return False
        self.session = Session(self.shared, number)
        self.session.update(told)
        return True

    def new_key(self) -> int:
        """A fresh idempotency key: no two are alike, and like a UUID they lie anywhere in an index.

        64 bits: the second half of the UUID, which is the same in all runs of a seed; the first tells runs apart.
        """
        self._drawn = drawn = self._drawn + 1
        return _UUID_VARIANT | (self.origin + drawn) * _UUID_ODD & _62_BITS

    def offered(self, operation: str) -> bool:
        """Whether the target has it: a journey may leave out what is no campaign's own, and goes on without."""
        return operation in self.shared.operations

    def order_id(self) -> str:
        """A fresh order number."""
        return f"o-{self.shared.tag}-{self.new_key() & _62_BITS:016x}"

    def thinks(self, about: PauseName) -> Think:
        """A pause of the kind that the crowd's profile names so."""
        return self.session.shared.pauses[about]

    def ask(self, operation: str, *, key: int | None = None, probe: Probe = _NO_PROBE, **args: object) -> Ask:
        """One attempt of an operation. An effectful one gets a fresh key where none is given; the same key again retries the operation."""
        after_s = self._pause_s
        if after_s:
            self._pause_s = 0.0
        elif key is None and not args and not probe:
            return _plain(operation)
        return Ask(operation, args or _NO_ARGS, key, after_s, probe)

    def patience(self) -> Iterator[PlannedAttempt]:
        """Tries until the customer is tired of it; ask with each attempt's key, and break when content.

        Every tap has a new key. The app itself repeats with the same key where nobody knows what happened or the service sheds load,
        with full jitter. Polite apps wait as long as Retry-After says, others do not care.
        """
        habits = self.shared.patience_of(self.number)
        polite = self.chance.happens(habits.polite)
        leaves_s = self.at_s + (habits.early_s if self.chance.happens(habits.leaves_early) else habits.late_s)
        for tap in range(1, self.chance.geometric(habits.taps_mean) + 1):
            key = self.new_key()
            for retry in range(self.chance.below(habits.automatic_retries + 1) + 1):
                yield PlannedAttempt(key, tap, retry)
                if self.last.outcome not in (Outcome.UNKNOWN, Outcome.SHED):
                    break
                if self.at_s > leaves_s:
                    return
                self._wait(self.chance.between(0, min(habits.backoff_s * 2**retry, habits.backoff_most_s)), polite=polite)
            self._wait(self.chance.log_normal(habits.gap_median_s, habits.gap_p95_s), polite=polite)
            if self.at_s + self._pause_s > leaves_s:
                break
        self._pause_s = 0.0

    def insists_on(self, operation: str, **args: object) -> Journey:
        """Tries something until there is a yes or a no, or patience ends; `yield from` it."""
        for attempt in self.patience():
            answer = yield self.ask(operation, key=attempt.key, probe=_NO_PROBE, **args)
            if answer.outcome in CORRECT:
                return
        yield from self.grumbles(operation)

    def grumbles(self, operation: str) -> Journey:
        """What follows, as often as the crowd's profile says, where a step about money or a prize has failed for good; `yield from` it.

        The robot is asked, the desk has a ticket, and others hear of it. The journey goes on by what came of its own step.
        """
        if self.last.outcome in CORRECT or operation not in self.shared.money:
            return
        failed, coupling = self.last, self.shared.coupling
        topic = _FAILED.get(operation.partition(".")[0], "flash.failed")
        text = phrase(topic, 0.5)
        if self.chance.happens(coupling.contact) and self.offered("robot.message"):
            yield self.ask("robot.message", text=text, topic=topic)
        if self.chance.happens(coupling.ticket) and self.offered("ticket.create"):
            yield self.ask("ticket.create", category="complaint", text=text)
        if self.chance.happens(coupling.sentiment) and self.offered("opinion.post"):
            yield self.ask("opinion.post")
        self.last = failed

    def _wait(self, seconds: float, *, polite: bool) -> None:
        """Lets the next question come no sooner than that."""
        self._pause_s = max(seconds, self.retry_after_s if polite else 0.0)


class ManualCustomer(Customer):
    """A customer whose journey is driven by hand, time too."""

    __slots__ = ("at_s",)

    at_s: float

    def __init__(self, shared: SharedFacts, number: int, origin: int) -> None:
        """Comes at T0."""
        super().__init__(shared, number, origin)
        self.at_s = 0.0
