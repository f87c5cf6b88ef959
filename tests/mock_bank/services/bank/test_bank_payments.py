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
    assert me.ask(bank, "POST", "/bank/v1/payments", payment | {"order_id": "o2"}, failed)[1]["data"]["rsp_code"] == "51"
    answers = together(
        [lambda n=n: me.ask(services.banks[n % 2], "POST", f"/bank/v1/payments/PY-{key}/reversals", {}, new_key()) for n in range(6)]
    )
    assert Counter(envelope["code"] for _, envelope in answers) == {"OK": 1, "NOT_REVERSIBLE": 5}
    assert me.ask(bank, "POST", f"/bank/v1/payments/PY-{failed}/reversals", {}, new_key())[1]["data"]["rsp_code"] == "25"
    assert me.ask(bank, "GET", f"/bank/v1/payments/PY-{key}")[1]["data"]["state"] == "REVERSED"
    assert balances(services, [me]) == {me.account: 100}


def test_services_an_order_is_paid_once_whatever_the_key(services: World) -> None:
    """Who taps again after an answer that was lost does not pay twice, at both nodes at once; what has failed may be tried again."""
    (me,) = services.people(1, balance_fen=100)
    payment = {"account_id": me.account, "merchant": "shop", "order_id": "o", "amount_fen": 101}
    assert me.ask(services.banks[0], "POST", "/bank/v1/payments", payment, new_key())[1]["code"] == "INSUFFICIENT_FUNDS"
    payment["amount_fen"] = 30
    answers = together([lambda n=n: me.ask(services.banks[n % 2], "POST", "/bank/v1/payments", payment, new_key()) for n in range(6)])
    assert Counter(envelope["code"] for _, envelope in answers) == {"OK": 1, "ALREADY_PAID": 5}
    assert {envelope["data"]["rsp_code"] for status, envelope in answers if status != 200} == {"94"}
    assert balances(services, [me]) == {me.account: 70}
    (paid,) = [envelope["data"]["payment_id"] for status, envelope in answers if status == 200]
    assert me.ask(services.banks[0], "POST", f"/bank/v1/payments/{paid}/reversals", {}, new_key())[0] == 200
    assert me.ask(services.banks[1], "POST", "/bank/v1/payments", payment, new_key())[1]["code"] == "ALREADY_PAID"
    others = payment | {"order_id": "o2"}, payment | {"merchant": "elsewhere"}
    assert [me.ask(services.banks[0], "POST", "/bank/v1/payments", other, new_key())[1]["code"] for other in others] == ["OK", "OK"]
