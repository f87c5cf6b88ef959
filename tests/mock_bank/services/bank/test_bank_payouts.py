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


def test_services_whose_dial_is_turned_err_at_every_node_and_pay_nothing(services: World) -> None:
    """What came is noted all the same; once the dial is at rest the same batch is paid, once."""
    (me,) = services.people(1, balance_fen=0)
    caller = new_key()
    batch = {"payouts": [{"payout_key": new_key(), "customer_no": me.no, "amount_fen": 30, "kind": "coupon"}]}
    path = f"/bank/v1/internal/payouts?caller={caller}&sent_ns=1"
    turn = lambda share: services.banks[0].ops("PUT", "/bank/v1/ops/internal-errors", {"share": share})[0]  # noqa: E731 - said once, used twice
    assert turn(1.0) == 200
    try:
        assert services.banks[1].ops("GET", "/bank/v1/ops/internal-errors")[1]["data"] == {"share": 1.0}
        told = [bank.ops("POST", path, batch) for bank in services.banks] + [services.banks[1].ops("GET", "/bank/v1/internal/ping")]
    finally:
        assert turn(0.0) == 200
    assert [(status, envelope["code"]) for status, envelope in told] == [(500, "SYSTEM_ERROR")] * len(told)
    assert balances(services, [me]) == {me.account: 0}
    assert [services.banks[n % 2].ops("POST", path, batch)[0] for n in range(3)] == [200] * 3
    assert balances(services, [me]) == {me.account: 30}
    noted = services.banks[0].read_back("/bank/v1/ops/internal-calls")
    assert [row["path"] for row in noted if row["caller"] == caller] == ["payouts"] * (len(services.banks) + 3)
    assert turn(2.0) == 400
