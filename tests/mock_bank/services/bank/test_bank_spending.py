"""What a customer has spent: by what for, worked out for a few at once, and for all others later."""

from typing import Any

import pytest
from services_acts import transfer
from services_world import Person, World, new_key, together

from mock_bank.services.bank.spending.operations import advised
from mock_bank.services.kit.bulkhead import AT_ONCE


def told(services: World, person: Person, what: str = "spending", node: int = 0) -> dict[str, Any]:
    """A report's data."""
    status, envelope = person.ask(services.banks[node], "GET", f"/bank/v1/{what}")
    assert status == 200, envelope
    data: dict[str, Any] = envelope["data"]
    return data


def pay_bill(services: World, person: Person, fen: int) -> str:
    """The payment's id."""
    body = {"account_id": person.account, "merchant": "m", "order_id": "o", "amount_fen": fen}
    return str(person.ask(services.banks[1], "POST", "/bank/v1/payments", body, new_key())[1]["data"]["payment_id"])


def test_bank_tells_what_was_spent_by_what_for(services: World) -> None:
    """Whatever centre it was paid in; what comes in is not spent, what is taken back was, and what is refused was not."""
    me, other = services.people(2)
    assert told(services, me) == {"worked_out": True, "transfers_fen": 0, "bills_fen": 0, "shops_fen": 0, "abroad_fen": 0}
    assert [transfer(services, node, me, other, 100 + node) for node in (0, 1)] == ["OK", "OK"]
    assert transfer(services, 0, other, me, 7) == "OK"
    assert transfer(services, 0, me, other, 10**6) == "INSUFFICIENT_FUNDS"
    payment = pay_bill(services, me, 300)
    assert me.ask(services.banks[0], "POST", f"/bank/v1/payments/{payment}/reversals", {"reason": "r"}, new_key())[1]["code"] == "OK"
    order = {"from_account": me.account, "merchant_no": other.no, "order_id": "o", "amount_fen": 40}
    assert me.ask(services.banks[0], "POST", "/bank/v1/collections", order, new_key())[1]["code"] == "OK"
    quote = me.ask(services.banks[0], "POST", "/bank/v1/fx-quotes", {"currency": "USD", "foreign_cents": 100}, new_key())[1]["data"]
    deal = {"from_account": me.account, "quote_id": quote["quote_id"]}
    assert me.ask(services.banks[0], "POST", "/bank/v1/fx-deals", deal, new_key())[1]["code"] == "OK"
    abroad = quote["amount_fen"]
    expected = {"worked_out": True, "transfers_fen": 201, "bills_fen": 300, "shops_fen": 40, "abroad_fen": abroad}
    assert told(services, me, node=1) == expected
    assert told(services, me, "diagnosis") == {"worked_out": True, "spent_fen": 541 + abroad, "advice": "save-a-little"}
    assert told(services, other)["transfers_fen"] == 7


def test_bank_works_out_a_few_reports_at_once_and_all_others_later(services: World) -> None:
    """Everybody is answered; who finds no room waits for nothing, and is told no sum that could be wrong."""
    (me,) = services.people(1)
    found = together([lambda: told(services, me)] * (4 * AT_ONCE), threads=4 * AT_ONCE)
    assert len(found) == 4 * AT_ONCE
    assert all(report == {"worked_out": False} for report in found if not report["worked_out"])


@pytest.mark.parametrize(("spent", "left", "advice"), [(0, 10, "deposit"), (5, 5, "save-a-little"), (6, 5, "keep-a-budget")])
def test_bank_advises_by_what_was_spent_and_what_is_left(spent: int, left: int, advice: str) -> None:
    """Three sentences for three cases."""
    assert advised(spent, left) == advice


def test_bank_spending_of_one_centre_is_its_defect(services: World) -> None:
    """What is paid in B is left out, by the switch alone."""
    me, other = services.people(2)
    assert [transfer(services, node, me, other, 100 + node) for node in (0, 1)] == ["OK", "OK"]
    found = f"select transfers_fen from bank.spent('{me.no}')"  # noqa: S608 - our own values
    for switch, fen in (("", "201"), ("select set_config('mock.spending_of_one_centre', 'on', true);", "100")):
        assert services.database.sql(f"begin; {switch} {found}; rollback").splitlines()[-1] == fen
