"""What all customers of a run share: the campaign, who wants what, what each knows without having been told, and how keys are written."""

from array import array
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from locustfiles.crowd.identities import Identities
from locustfiles.crowd.invite_graph import Invitation
from locustfiles.crowd.journey_steps import Think
from locustfiles.crowd.seeded_random import STREAM_PAYEES, STREAM_WISHES
from scenarios.plan.arrival_curves import draws
from scenarios.plan.campaign import item_names, popularity, zipf
from scenarios.plan.crowd import Patience, bots_of
from scenarios.plan.scenario import Scenario
from scenarios.plan.tiers import tiers_of
from scenarios.run.enrolled import Enrolled
from scenarios.run.folder import Plan
from scenarios.target.fields import TierName
from scenarios.target.people import FACTS, PREFIX, People, read_people
from scenarios.target.preparation import ENROLLED


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
