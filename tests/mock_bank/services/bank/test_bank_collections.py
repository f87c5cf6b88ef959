"""Collections: an order is paid once whoever scans it, and the merchant's statement says so."""

from collections import Counter

from services_acts import balances
from services_world import Person, World, new_key, together


def pay(services: World, payer: Person, merchant: Person, order: str, fen: int, node: int = 0) -> str:
    """The code of paying an order."""
    body = {"from_account": payer.account, "merchant_no": merchant.no, "order_id": order, "amount_fen": fen}
    return str(payer.ask(services.banks[node], "POST", "/bank/v1/collections", body, new_key())[1]["code"])


def statement(services: World, merchant: Person) -> tuple[int, int]:
    """Orders and their sum, as the merchant sees them."""
    data = merchant.ask(services.banks[1], "GET", "/bank/v1/statement")[1]["data"]
    return data["orders"], data["total_fen"]


def test_bank_order_is_paid_once_and_stands_in_the_statement(services: World) -> None:
    """Scanned by two customers three times each at once, from both centres; the merchant has the money of one."""
    merchant, one, two = services.people(3, balance_fen=1000)
    told = together([lambda n=n: pay(services, (one, two)[n % 2], merchant, "o-1", 300, n // 2 % 2) for n in range(6)])
    assert Counter(told) == {"OK": 1, "ALREADY_PAID": 5}
    assert pay(services, one, merchant, "o-2", 250) == "OK"
    assert statement(services, merchant) == (2, 550)
    found = balances(services, [merchant, one, two])
    assert (found[merchant.account], sum(found.values())) == (1550, 3000)


def test_bank_collection_that_cannot_be_is_refused(services: World) -> None:
    """Without enough money, to oneself, to nobody, from another's account; and nothing is in the statement."""
    merchant, me = services.people(2, balance_fen=100)
    assert pay(services, me, merchant, "o", 101) == "INSUFFICIENT_FUNDS"
    assert pay(services, me, me, "o", 1) == "ACCOUNT_NOT_FOUND"
    assert pay(services, me, Person("nobody", me.token), "o", 1) == "ACCOUNT_NOT_FOUND"
    assert pay(services, Person(merchant.no, me.token), me, "o", 1) == "ACCOUNT_NOT_FOUND"
    assert statement(services, merchant) == statement(services, me) == (0, 0)


def test_bank_statement_of_one_centre_is_its_defect(services: World) -> None:
    """What is paid in B is left out, by the switch alone."""
    merchant, me = services.people(2)
    call = f"select code from bank.collect('{{0}}', '', '{me.no}', '{me.account}', '{merchant.no}', '{{1}}', 5, '{{1}}')"  # noqa: S608 - our own values
    paid = "; ".join(call.format(new_key(), site) for site in "AB")
    found = f"select orders from bank.statements where account_id = '{merchant.account}'"  # noqa: S608 - our own values
    for switch, orders in (("", "2"), ("select set_config('mock.statement_of_one_centre', 'on', true);", "1")):
        assert services.database.sql(f"begin; {switch} {paid}; {found}; rollback").splitlines()[-1] == orders
