"""Payments and reversals."""

from collections import Counter

from services_acts import balances
from services_world import World, new_key, together


def test_services_reversal_gives_the_money_back_once(services: World) -> None:
    """A second reversal, with another key, is refused as a duplicate; a failed payment has nothing to give back."""
    (me,) = services.people(1, balance_fen=100)
    bank = services.banks[0]
    payment = {"account_id": me.account, "merchant": "shop", "order_id": "o", "amount_fen": 60}
    key, failed = new_key(), new_key()
    assert me.ask(bank, "POST", "/bank/v1/payments", payment, key)[0] == 200
    assert me.ask(bank, "POST", "/bank/v1/payments", payment, failed)[1]["data"]["rsp_code"] == "51"
    answers = together(
        [lambda n=n: me.ask(services.banks[n % 2], "POST", f"/bank/v1/payments/PY-{key}/reversals", {}, new_key()) for n in range(6)]
    )
    assert Counter(envelope["code"] for _, envelope in answers) == {"OK": 1, "NOT_REVERSIBLE": 5}
    assert me.ask(bank, "POST", f"/bank/v1/payments/PY-{failed}/reversals", {}, new_key())[1]["data"]["rsp_code"] == "25"
    assert me.ask(bank, "GET", f"/bank/v1/payments/PY-{key}")[1]["data"]["state"] == "REVERSED"
    assert balances(services, [me]) == {me.account: 100}
