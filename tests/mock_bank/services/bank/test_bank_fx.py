"""Foreign money: a quote holds until it expires, for whom it was made, once, and at the sum that it showed."""

from typing import Any

import pytest
from services_acts import balances
from services_world import Person, World, new_key, together

GOOD_S = 3


def quoted(services: World, me: Person, cents: int = 100) -> dict[str, Any]:
    """A quote's data."""
    body = {"currency": "USD", "foreign_cents": cents}
    data: dict[str, Any] = me.ask(services.banks[0], "POST", "/bank/v1/fx-quotes", body, new_key())[1]["data"]
    return data


def aged(services: World, quote: dict[str, Any], seconds: float) -> None:
    """The quote was made so long ago; before that it lay in the future."""
    at = f"now() - interval '1 second' * {seconds}"
    services.database.sql(f"update bank.fx_quotes set at = {at} where quote_id = '{quote['quote_id']}'")  # noqa: S608 - our own values


def deal(services: World, me: Person, quote: dict[str, Any], node: int = 0) -> tuple[str, int]:
    """The code of dealing in it, and the sum that the answer shows."""
    body = {"from_account": me.account, "quote_id": quote["quote_id"]}
    answer = me.ask(services.banks[node], "POST", "/bank/v1/fx-deals", body, new_key())[1]
    return answer["code"], (answer["data"] or {}).get("amount_fen", 0)


def test_bank_deal_is_made_once_at_the_sum_that_the_quote_showed(services: World) -> None:
    """Three at once from both centres: one is done, for the fen that were shown and a rate within half a percent."""
    (me,) = services.people(1, balance_fen=10_000)
    quote = quoted(services, me)
    aged(services, quote, -3600)
    told = sorted(together([lambda n=n: deal(services, me, quote, n % 2) for n in range(3)]))
    assert told == [("OK", quote["amount_fen"]), *[("QUOTE_USED", quote["amount_fen"])] * 2]
    assert balances(services, [me])[me.account] == 10_000 - quote["amount_fen"]
    assert abs(quote["amount_fen"] - 712) <= 4


def test_bank_deal_that_cannot_be_is_refused(services: World) -> None:
    """Too late, in another's quote, from another's account, without enough money; and nothing is paid."""
    me, friend = services.people(2, balance_fen=500)
    old, dear, good = (quoted(services, me, cents) for cents in (10, 100, 10))
    for quote, age_s in ((old, GOOD_S + 1), (dear, -3600), (good, -3600)):
        aged(services, quote, age_s)
    assert deal(services, me, old)[0] == "QUOTE_EXPIRED"
    assert deal(services, me, dear)[0] == "INSUFFICIENT_FUNDS"
    assert deal(services, friend, good)[0] == "QUOTE_NOT_FOUND"
    assert deal(services, Person(friend.no, me.token), good)[0] == "ACCOUNT_NOT_FOUND"
    assert balances(services, [me, friend]) == {me.account: 500, friend.account: 500}


@pytest.mark.parametrize(
    ("switch", "age_s", "code", "as_shown"),
    [
        ("quotes_never_expire", 60, "OK", True),
        ("", 60, "QUOTE_EXPIRED", True),
        ("deal_at_todays_rate", 0, "OK", False),
        ("", 0, "OK", True),
    ],
    ids=["never-expires", "expires", "at-todays-rate", "at-its-own"],
)
def test_bank_quotes_have_their_defects(services: World, switch: str, age_s: int, code: str, *, as_shown: bool) -> None:
    """By their switches alone."""
    (me,) = services.people(1, balance_fen=10_000)
    quote = quoted(services, me)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    name = quote["quote_id"]
    old = f"update bank.fx_quotes set at = now() - interval '{age_s} s', amount_fen = 5 where quote_id = '{name}'"  # noqa: S608 - our own values
    asked = f"bank.deal_fx('{new_key()}', '', '{me.no}', '{me.account}', '{name}', 'A')"
    call = f"select code || ' ' || (data::json->>'amount_fen' = '5') from {asked}"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {old}; {call}; rollback").splitlines()[-1] == f"{code} {str(as_shown).lower()}"
