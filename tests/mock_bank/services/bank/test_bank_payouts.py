"""Payouts, on the bank's side."""

from services_acts import balances
from services_world import World, new_key, together


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
