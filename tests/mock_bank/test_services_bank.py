"""The bank: sessions, balances, double entry."""

import random
from collections import Counter
from typing import Any

import pytest
from services_world import SECRET, Person, World, new_key, together

from mock_bank.services.tokens import Signer


def transfer(services: World, node: int, payer: Person, payee: Person, fen: int) -> str:
    """The code of one transfer."""
    body = {"from_account": payer.account, "to_account": payee.account, "amount_fen": fen}
    return str(payer.ask(services.banks[node], "POST", "/bank/v1/transfers", body, new_key())[1]["code"])


def balances(services: World, people: list[Person]) -> dict[str, int]:
    """What the read-back says that each of them has."""
    wanted = {person.account for person in people}
    return {
        row["account_id"]: row["balance_fen"] for row in services.banks[0].read_back("/bank/v1/ops/accounts") if row["account_id"] in wanted
    }


def test_services_login_in_one_centre_opens_the_other(services: World) -> None:
    """The token of A's bank is good at B's bank and at the campaign."""
    (person,) = services.people(1, balance_fen=77)
    status, envelope = services.banks[0].call("POST", "/bank/v1/sessions", {"no": person.no, "phone": f"p{person.no}", "device": "d"})
    assert (status, envelope["data"]["accounts"]) == (200, [person.account])
    logged_in = Person(person.no, envelope["data"]["token"])
    assert logged_in.ask(services.banks[1], "GET", f"/bank/v1/accounts/{person.account}")[1]["data"]["balance_fen"] == 77
    assert logged_in.ask(services.campaigns[1], "GET", "/v1/coupons")[1]["data"] == {"coupons": []}


@pytest.mark.parametrize("credentials", [{"no": "nobody", "phone": "p"}, {"no": "KNOWN", "phone": "wrong"}])
def test_services_login_refuses_alike_whatever_is_wrong(services: World, credentials: dict[str, str]) -> None:
    """Unknown number and wrong phone get the same answer."""
    (person,) = services.people(1)
    body = credentials | ({"no": person.no} if credentials["no"] == "KNOWN" else {})
    status, envelope = services.banks[0].call("POST", "/bank/v1/sessions", body)
    assert (status, envelope["code"], envelope["message"]) == (401, "BAD_CREDENTIALS", "number and phone do not match")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "TOKEN_INVALID"),
        ("Bearer nonsense", "TOKEN_INVALID"),
        ("Bearer session~x~9999999999~00", "TOKEN_INVALID"),
        ("Bearer " + Signer(SECRET.encode()).issue("activity", "x", 60)[0], "TOKEN_INVALID"),
        ("Bearer " + Signer(b"another secret").issue("session", "x", 60)[0], "TOKEN_INVALID"),
        ("Bearer " + Signer(SECRET.encode()).issue("session", "x", -1)[0], "TOKEN_EXPIRED"),
    ],
    ids=["none", "nonsense", "forged", "another-kind", "another-world", "too-old"],
)
def test_services_token_that_is_not_good_is_refused(services: World, header: str, code: str) -> None:
    """Missing, forged, of another kind or world, or too old: 401."""
    status, envelope = services.banks[0].call("GET", "/bank/v1/accounts/AC-x", Authorization=header)
    assert (status, envelope["code"]) == (401, code)


def test_services_account_of_another_does_not_exist_for_me(services: World) -> None:
    """Neither its balance, nor a transfer from it, nor a payment, nor another's transfer."""
    me, other = services.people(2)
    bank = services.banks[0]
    body = {"from_account": other.account, "to_account": me.account, "amount_fen": 1}
    key = new_key()
    assert other.ask(bank, "POST", "/bank/v1/transfers", body, key)[0] == 200
    assert me.ask(bank, "GET", f"/bank/v1/accounts/{other.account}")[:1] == (404,)
    assert me.ask(bank, "POST", "/bank/v1/transfers", body, new_key())[1]["code"] == "ACCOUNT_NOT_FOUND"
    payment = {"account_id": other.account, "merchant": "m", "order_id": "o", "amount_fen": 1}
    assert me.ask(bank, "POST", "/bank/v1/payments", payment, new_key())[1]["code"] == "ACCOUNT_NOT_FOUND"
    assert me.ask(bank, "GET", f"/bank/v1/transfers/TR-{key}")[0] == 404


@pytest.mark.parametrize("fen", [0, -1, 1.5, "9", 10**13])
def test_services_amount_that_is_no_amount_is_a_bad_parameter(services: World, fen: Any) -> None:
    """Integer fen, at least one; the answer names the field and not the value."""
    me, other = services.people(2)
    body = {"from_account": me.account, "to_account": other.account, "amount_fen": fen}
    status, envelope = me.ask(services.banks[0], "POST", "/bank/v1/transfers", body, new_key())
    assert (status, envelope["code"]) == (400, "BAD_PARAM")
    assert "amount_fen" in envelope["message"]


def test_services_precheck_says_what_the_transfer_would(services: World) -> None:
    """Enough: allowed; not enough: INSUFFICIENT_FUNDS; the payee's name is masked."""
    me, other = services.people(2, balance_fen=10)
    body = {"from_account": me.account, "to_account": other.account, "amount_fen": 10}
    ask = lambda fen: me.ask(services.banks[0], "POST", "/bank/v1/transfers/precheck", body | {"amount_fen": fen})[1]["data"]  # noqa: E731 - said once, used twice
    assert ask(10) == {"allowed": True, "reason": None, "payee_name": "***户", "fee_fen": 0}
    assert ask(11)["reason"] == "INSUFFICIENT_FUNDS"


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


def test_services_money_is_conserved_under_a_hammer_and_nobody_goes_below_zero(services: World) -> None:
    """400 transfers among six people with little money, on two nodes: sums hold, every balance is its postings, none is negative."""
    people = services.people(6, balance_fen=300)
    dice = random.Random(7)  # noqa: S311 - a repeatable hammer
    wishes = [(dice.randrange(2), *dice.sample(people, 2), dice.randrange(1, 200)) for _ in range(400)]
    codes = Counter(together([lambda w=w: transfer(services, *w) for w in wishes]))
    assert set(codes) == {"OK", "INSUFFICIENT_FUNDS"}, codes
    found = balances(services, people)
    assert sum(found.values()) == 6 * 300
    assert min(found.values()) >= 0
    sums: Counter[str] = Counter()
    for row in services.banks[1].read_back("/bank/v1/ops/ledger", limit=777):
        sums[row["account_id"]] += row["credit_fen"] - row["debit_fen"]
    assert {account: sums[account] for account in found} == found


def test_services_ledger_balances_in_every_transaction(services: World) -> None:
    """Each transaction has a debit and a credit of the same amount; the whole sums to zero."""
    by_txn: Counter[str] = Counter()
    legs: Counter[str] = Counter()
    for row in services.banks[0].read_back("/bank/v1/ops/ledger"):
        by_txn[row["txn_id"]] += row["debit_fen"] - row["credit_fen"]
        legs[row["txn_id"]] += 1
    assert legs
    assert set(legs.values()) == {2}
    assert not any(by_txn.values())
    assert sum(row["balance_fen"] for row in services.banks[0].read_back("/bank/v1/ops/accounts")) == 0


def test_services_enrolling_again_changes_nothing(services: World) -> None:
    """Those enrolled stay as they are, and get no second opening balance."""
    (me,) = services.people(1, balance_fen=50)
    again = {"customers": [{"no": me.no, "name": "x", "phone": "y", "opening_balance_fen": 999}]}
    status, envelope = services.banks[1].ops("POST", "/bank/v1/ops/customers", again)
    assert (status, envelope["data"]) == (200, {"enrolled": 0, "already": 1})
    assert balances(services, [me]) == {me.account: 50}


def test_services_payouts_are_posted_once_whoever_sends_them(services: World) -> None:
    """The same batch ten times at once on two nodes: one posting each; a changed amount is a mismatch, a stranger is rejected."""
    me, other = services.people(2, balance_fen=0)
    batch = [{"payout_key": new_key(), "customer_no": who.no, "amount_fen": 30, "kind": "coupon"} for who in (me, other, me)]
    send = lambda n, rows: services.banks[n % 2].ops("POST", "/bank/v1/internal/payouts", {"payouts": rows})  # noqa: E731 - said once, used twice
    answers = together([lambda n=n: send(n, batch if n % 3 else batch[::-1]) for n in range(10)])
    assert {result["state"] for _, envelope in answers for result in envelope["data"]["results"]} == {"PAID"}
    assert balances(services, [me, other]) == {me.account: 60, other.account: 30}
    odd = [batch[0] | {"amount_fen": 31}, batch[1] | {"payout_key": new_key(), "customer_no": "stranger"}]
    states = [result["state"] for result in send(0, odd)[1]["data"]["results"]]
    assert sorted(states) == ["MISMATCH", "REJECTED"]


def test_services_operator_is_asked_for_the_token(services: World) -> None:
    """Without it, and with a wrong one: 403."""
    for node, path in ((services.banks[0], "/bank/v1/ops/ledger"), (services.campaigns[0], "/v1/ops/grants")):
        assert node.call("GET", path)[0] == 403
        assert node.call("GET", path, **{"X-Operator-Token": "wrong"})[1]["code"] == "FORBIDDEN"
