"""Money sent abroad: gold customers are spared the fee so often, while they have the privilege; who was shown a fee pays that."""

from collections.abc import Iterator
from typing import Any

import pytest
from services_acts import balances
from services_world import Person, World, at, new_key, together

FEE = 1500


@pytest.fixture(autouse=True)
def privilege(services: World) -> Iterator[None]:
    """Two times without a fee, for some minutes; nobody's before and afterwards."""
    set_privilege(services, 2, -60, 600)
    yield
    set_privilege(services, 0, -60, -30)


def set_privilege(services: World, free: int, from_s: float, until_s: float) -> None:
    """As the operator does."""
    body = {"fee_fen": FEE, "free": free, "free_from": at(from_s), "free_until": at(until_s)}
    assert services.banks[0].ops("POST", "/bank/v1/ops/privilege", body)[0] == 200


def golden(services: World, tier: str = "gold") -> Person:
    """A new customer of a tier."""
    (me,) = services.people(1)
    services.database.sql(f"update bank.customers set tier = '{tier}' where customer_no = '{me.no}'")  # noqa: S608 - our own values
    return me


def bought(services: World, me: Person) -> str:
    """The deal in a dollar's worth of foreign money."""
    bank = services.banks[0]
    quoted = me.ask(bank, "POST", "/bank/v1/fx-quotes", {"currency": "USD", "foreign_cents": 100}, new_key())[1]["data"]["quote_id"]
    deal: dict[str, Any] = me.ask(bank, "POST", "/bank/v1/fx-deals", {"from_account": me.account, "quote_id": quoted}, new_key())[1]["data"]
    return str(deal["deal_id"])


def fee_of(services: World, me: Person, deal: str) -> dict[str, Any]:
    """What sending it costs."""
    data: dict[str, Any] = me.ask(services.banks[0], "POST", "/bank/v1/remittance-quotes", {"deal_id": deal}, new_key())[1]["data"]
    return data


def send(services: World, me: Person, quote: dict[str, Any], node: int = 0) -> tuple[str, int]:
    """The code of sending it, and the fee that the answer shows."""
    body = {"from_account": me.account, "quote_id": quote["quote_id"]}
    answer = me.ask(services.banks[node], "POST", "/bank/v1/remittances", body, new_key())[1]
    return answer["code"], (answer["data"] or {}).get("fee_fen", -1)


def aged(services: World, quote: dict[str, Any], seconds: float) -> None:
    """The quote was made so long ago."""
    at_sql = f"now() - interval '1 second' * {seconds}"
    services.database.sql(f"update bank.remittance_quotes set at = {at_sql} where quote_id = '{quote['quote_id']}'")  # noqa: S608 - our own values


def test_bank_gold_customer_is_spared_the_fee_twice_and_pays_it_then(services: World) -> None:
    """Whether the times are sent or only promised; a promise that lapsed is none."""
    me = golden(services)
    deals = [bought(services, me) for _ in range(3)]
    before = balances(services, [me])[me.account]
    first, second = (fee_of(services, me, deal) for deal in deals[:2])
    for quote in (first, second):
        aged(services, quote, -3600)
    assert [quote["fee_fen"] for quote in (first, second, fee_of(services, me, deals[2]))] == [0, 0, FEE]
    aged(services, second, 60)
    again = fee_of(services, me, deals[1])
    aged(services, again, -3600)
    assert again["fee_fen"] == 0
    told = sorted(together([lambda n=n: send(services, me, first, n % 2) for n in range(3)]))
    assert told == [("OK", 0), *[("QUOTE_USED", 0)] * 2]
    assert (send(services, me, second)[0], send(services, me, again)) == ("QUOTE_EXPIRED", ("OK", 0))
    last = fee_of(services, me, deals[2])
    aged(services, last, -3600)
    assert send(services, me, last) == ("OK", FEE)
    assert balances(services, [me])[me.account] == before - FEE


def test_bank_nobody_else_is_spared_and_nobody_at_another_time(services: World) -> None:
    """Whoever is not gold; and gold before the window and after it."""
    for tier in ("new", "active"):
        me = golden(services, tier)
        assert fee_of(services, me, bought(services, me))["fee_fen"] == FEE
    me = golden(services)
    deal = bought(services, me)
    for from_s, until_s, fee in ((60, 600, FEE), (-600, -1, FEE), (-600, 60, 0)):
        set_privilege(services, 2, from_s, until_s)
        quote = fee_of(services, me, deal)
        aged(services, quote, 60)
        assert quote["fee_fen"] == fee


def test_bank_remittance_that_cannot_be_is_refused(services: World) -> None:
    """Of another's deal, in another's quote, from another's account, a second time; and nothing is paid."""
    me, friend = golden(services, "active"), golden(services, "active")
    deal = bought(services, me)
    first, second = (fee_of(services, me, deal) for _ in range(2))
    for quote in (first, second):
        aged(services, quote, -3600)
    before = balances(services, [me, friend])
    asked = friend.ask(services.banks[0], "POST", "/bank/v1/remittance-quotes", {"deal_id": deal}, new_key())[1]
    assert asked["code"] == "DEAL_NOT_FOUND"
    assert send(services, friend, first)[0] == "QUOTE_NOT_FOUND"
    assert send(services, Person(friend.no, me.token), first)[0] == "ACCOUNT_NOT_FOUND"
    assert balances(services, [me, friend]) == before
    assert [send(services, me, quote)[0] for quote in (first, second)] == ["OK", "ALREADY_SENT"]
    assert me.ask(services.banks[0], "POST", "/bank/v1/remittance-quotes", {"deal_id": deal}, new_key())[1]["code"] == "ALREADY_SENT"


@pytest.mark.parametrize(
    ("switch", "tier", "window_s", "fee"),
    [
        ("fee_waived_for_all", "new", (-60, 60), 0),
        ("", "new", (-60, 60), FEE),
        ("privilege_without_end", "gold", (-600, -60), 0),
        ("", "gold", (-600, -60), FEE),
    ],
    ids=["for-all", "for-gold", "without-end", "to-its-end"],
)
def test_bank_privilege_has_its_defects(services: World, switch: str, tier: str, window_s: tuple[float, float], fee: int) -> None:
    """By their switches alone."""
    me = golden(services, tier)
    set_privilege(services, 2, *window_s)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    told = services.database.sql(f"begin; {on} select bank.fee_of('{me.no}'); rollback")
    assert told.splitlines()[-1] == str(fee)
