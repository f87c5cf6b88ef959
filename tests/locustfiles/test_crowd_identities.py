"""People belong to nobody, and are the same for the same seed."""

import re
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as some

from locustfiles.crowd.identities import AREAS, PHONE_PREFIXES, SANDBOX_CARDS, Identities

NUMBERS = some.integers(0, 1_999_999)
EVERYBODY = Identities(7)


@given(NUMBERS)
def test_identity_numbers_are_well_formed_and_nobodys(number: int) -> None:
    """Area that is not assigned, a date that exists, and the check digit of GB 11643 by its definition: the sum is 1 modulo 11."""
    id_no = EVERYBODY.id_no(number)
    assert re.fullmatch(r"\d{17}[\dX]", id_no)
    assert id_no[:6] in AREAS
    assert id_no.startswith("99")
    assert 1946 <= datetime.strptime(id_no[6:14], "%Y%m%d").year <= 2006  # noqa: DTZ007 - a birthday has no zone
    values = [10 if digit == "X" else int(digit) for digit in id_no]
    assert sum(value * pow(2, 17 - place, 11) for place, value in enumerate(values)) % 11 == 1


@given(NUMBERS)
def test_phones_ring_nowhere(number: int) -> None:
    """They look like phones, under prefixes that nobody has."""
    phone = EVERYBODY.phone(number)
    assert re.fullmatch(r"1[3-9]\d{9}", phone)
    assert phone[:3] in PHONE_PREFIXES


@given(NUMBERS)
def test_cards_are_sandbox_cards(number: int) -> None:
    """16 or 19 digits of a documented test range that pass Luhn's rule."""
    card = EVERYBODY.card_no(number)
    assert len(card) in (16, 19)
    assert card.startswith(SANDBOX_CARDS)
    digits = [int(digit) for digit in reversed(card)]
    assert sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)) % 10 == 0


@given(NUMBERS, some.integers(0, 2**63 - 1))
def test_the_same_seed_gives_the_same_person(number: int, seed: int) -> None:
    """Whoever asks, in whatever order (the names, whose pool takes long to fill, apart)."""
    one, other = Identities(seed), Identities(seed)
    other.card_no(number + 1)
    for fact in ("phone", "id_no", "card_no", "device"):
        assert getattr(one, fact)(number) == getattr(other, fact)(number)


def test_names_are_chinese_and_the_seeds() -> None:
    """Another seed gives other names."""
    names, again, others = ([people.name(number) for number in range(50)] for people in (EVERYBODY, Identities(7), Identities(8)))
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,4}", name) for name in names)
    assert names == again
    assert names != others


def test_no_two_of_thirty_thousand_are_alike() -> None:
    """In anything that identifies."""
    for fact in (EVERYBODY.phone, EVERYBODY.id_no, EVERYBODY.card_no, EVERYBODY.device):
        assert len({fact(number) for number in range(30_000)}) == 30_000


@given(some.sets(NUMBERS, min_size=2, max_size=50))
def test_identity_numbers_differ_wherever_one_looks(numbers: set[int]) -> None:
    """Also far apart in a population of two millions."""
    assert len({EVERYBODY.id_no(number) for number in numbers}) == len(numbers)
