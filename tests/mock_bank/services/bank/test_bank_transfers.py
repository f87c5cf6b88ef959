"""Transfers."""

from typing import Any

import pytest
from services_world import World, new_key


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
