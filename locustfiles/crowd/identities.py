"""Customers as people: names, identity numbers, phones, cards and devices that belong to nobody, the same for the same seed.

Nothing here can be a real person's: area codes and phone prefixes are unassigned, cards lie in documented sandbox ranges.
Each person is computed from (seed, number) when asked for, so two million of them take no memory.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from faker import Faker

from locustfiles.crowd.seeded_random import STREAM_PEOPLE, RandomStream

AREAS = tuple(f"99{number:04d}" for number in range(1, 100))
"""No province has the code 99."""

PHONE_PREFIXES = ("142", "143", "154", "161", "164", "194")
"""Unassigned in July 2022; they pass `^1[3-9]\\d{9}$`."""

SANDBOX_CARDS = ("621234", "625094")
"""Documented test ranges: Braintree's UnionPay cards, and Worldline's and UPI's sandbox."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_OLDEST = date(1946, 1, 1)
_BIRTHDAYS = (date(2006, 12, 31) - _OLDEST).days
_NAMES = 4096
_ID_NUMBERS = len(AREAS) * _BIRTHDAYS * 999
_STRIDE = 1_500_450_271  # a prime that divides none of the three


@dataclass(frozen=True, slots=True)
class Identity:
    """One customer's particulars."""

    number: int
    name: str
    phone: str
    id_no: str
    card_no: str
    device: str


def id_check_digit(first_17: str) -> str:
    """Check digit of a Chinese identity number: GB 11643, ISO 7064 mod 11-2."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True)) % 11]


def luhn_digit(digits: str) -> str:
    """The digit that completes a card number by Luhn's rule."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 if place % 2 else 2)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - Luhn casts out nines
    return str(-total % 10)


class Identities:
    """All customers of a run."""

    def __init__(self, seed: int) -> None:
        """The same seed gives the same people."""
        self._seed = seed

    @cached_property
    def _names(self) -> tuple[str, ...]:
        faker = Faker("zh_CN")
        faker.seed_instance(self._seed)
        return tuple(faker.name() for _ in range(_NAMES))

    def identity(self, number: int) -> Identity:
        """Customer by number; no two have the same phone, identity number, card or device."""
        return Identity(number, self.name(number), self.phone(number), self.id_no(number), self.card_no(number), self.device(number))

    def _chance(self, number: int, what: int) -> RandomStream:
        return RandomStream(self._seed, STREAM_PEOPLE + (what << 40) + number)

    def name(self, number: int) -> str:
        """A name from a pool that the seed has filled; several may bear it, as in life."""
        return self._names[self._chance(number, 1).below(_NAMES)]

    def phone(self, number: int) -> str:
        """A number that rings nowhere."""
        return f"{PHONE_PREFIXES[number % len(PHONE_PREFIXES)]}{number // len(PHONE_PREFIXES):08d}"

    def id_no(self, number: int) -> str:
        """Area, birthday, sequence: a walk by a prime's steps through all there are, so that neighbours differ and none comes twice."""
        place, area = divmod(number * _STRIDE % _ID_NUMBERS, len(AREAS))
        sequence, day = divmod(place, _BIRTHDAYS)
        first_17 = f"{AREAS[area]}{_OLDEST + timedelta(days=day):%Y%m%d}{1 + sequence:03d}"
        return first_17 + id_check_digit(first_17)

    def card_no(self, number: int) -> str:
        """16 or 19 digits, half of them each; debit cards are often 19 long."""
        length = 16 if self._chance(number, 2).happens(0.5) else 19
        stem = SANDBOX_CARDS[number % len(SANDBOX_CARDS)] + f"{number:0{length - 7}d}"
        return stem + luhn_digit(stem)

    def device(self, number: int) -> str:
        """An installation of the app."""
        return f"dev-{self._chance(number, 3).below(1 << 32):08x}-{number:07d}"
