"""Accounts: whose they are."""

from services_world import World, new_key


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
