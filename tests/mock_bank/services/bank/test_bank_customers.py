"""Enrolment."""

from services_acts import balances
from services_world import World


def test_services_enrolling_again_changes_nothing(services: World) -> None:
    """Those enrolled stay as they are, and get no second opening balance."""
    (me,) = services.people(1, balance_fen=50)
    again = {"customers": [{"no": me.no, "name": "x", "phone": "y", "opening_balance_fen": 999}]}
    status, envelope = services.banks[1].ops("POST", "/bank/v1/ops/customers", again)
    assert (status, envelope["data"]) == (200, {"enrolled": 0, "already": 1})
    assert balances(services, [me]) == {me.account: 50}
