"""Exchanges: points for goods, once; given back once where the supplier fails; settled later where nobody knows."""

from collections import Counter
from typing import Any

import pytest
from services_acts import earn
from services_world import Person, World, new_key, together, wait_for

GOODS = [{"id": "phone", "points": 20, "face_fen": 1000}]


def rich(services: World, points: int) -> tuple[str, Person]:
    """A campaign with goods of 20 points, and somebody who has so many."""
    name = services.campaign(goods=GOODS)
    (me,) = services.people(1)
    assert earn(services, me, name, points * 100)[0] == "OK"
    return name, me


def exchange(services: World, person: Person, campaign: str, key: str = "", node: int = 0) -> tuple[int, str, dict[str, Any]]:
    """Status, code and data."""
    body = {"campaign_id": campaign, "goods_id": "phone"}
    status, envelope = person.ask(services.campaigns[node], "POST", "/v1/points/exchanges", body, key or new_key())
    return status, envelope["code"], envelope["data"]


def balance(services: World, person: Person, campaign: str) -> int:
    """Points that somebody has."""
    return int(person.ask(services.campaigns[1], "GET", f"/v1/campaigns/{campaign}/points")[1]["data"]["balance"])


def entries(services: World, campaign: str) -> Counter[str]:
    """Entries of a campaign by their kind."""
    return Counter(row["kind"] for row in services.campaigns[0].read_back("/v1/ops/points") if row["campaign_id"] == campaign)


def test_campaign_points_buy_as_much_as_there_is(services: World) -> None:
    """Fifty points and five who ask at once: two get something, no balance is below zero, and the supplier delivers two."""
    name, me = rich(services, 50)
    answers = together([lambda n=n: exchange(services, me, name, node=n % 2) for n in range(5)])
    assert Counter(code for _, code, _ in answers) == {"OK": 2, "INSUFFICIENT_POINTS": 3}
    assert balance(services, me, name) == 10
    for _, code, order in answers:
        assert order["state"] == ("FULFILLED" if code == "OK" else "REJECTED")
        assert sum(call["did"] for call in services.supplier_calls(order["order_id"])) == (code == "OK")


def test_campaign_points_come_back_once_where_the_supplier_fails(services: World) -> None:
    """A definite no: the order stands as given back, asked for again too, and the balance is what it was."""
    name, me = rich(services, 30)
    key = new_key()
    services.turn("biller", errors=1.0)
    try:
        status, code, order = exchange(services, me, name, key)
    finally:
        services.turn("biller", errors=None)
    assert (status, code, order["state"]) == (200, "OK", "REFUNDED")
    assert exchange(services, me, name, key, node=1)[2] == order
    assert balance(services, me, name) == 30
    assert entries(services, name) == {"earn": 1, "debit": 1, "refund": 1}


def test_campaign_exchange_that_nobody_answers_is_settled_later(services: World) -> None:
    """Accepted and pending, its key under way; a node asks again and finds that it had been delivered: once, nothing given back."""
    name, me = rich(services, 20)
    key = new_key()
    services.turn("biller", unanswered=1.0)
    try:
        status, code, order = exchange(services, me, name, key)
    finally:
        services.turn("biller", unanswered=None)
    assert (status, code, order["state"]) == (202, "ACCEPTED", "PENDING")
    assert exchange(services, me, name, key)[1] == "IDEMPOTENCY_IN_PROGRESS"
    services.database.sql(f"update campaign.exchanges set next_at = now() where order_id = '{order['order_id']}'")  # noqa: S608 - ours
    path = f"/v1/points/exchanges/{order['order_id']}"
    wait_for(lambda: me.ask(services.campaigns[0], "GET", path)[1]["data"]["state"] == "FULFILLED", "it is settled")
    assert exchange(services, me, name, key)[2]["state"] == "FULFILLED"
    assert sum(call["did"] for call in services.supplier_calls(order["order_id"])) == 1
    assert entries(services, name) == {"earn": 1, "debit": 1}


@pytest.mark.parametrize(("switch", "refunds"), [("refund_twice", 2), ("", 1)], ids=["with-the-defect", "without"])
def test_campaign_refund_is_twice_but_by_defect(services: World, switch: str, refunds: int) -> None:
    """The switch gives points back twice."""
    name, me = rich(services, 20)
    on = f"select set_config('mock.{switch}', 'on', false);" if switch else ""
    key = new_key()
    begun = f"select code from campaign.begin_exchange('{key}', '', '{me.no}', '{name}', 'phone', 'A')"  # noqa: S608 - our own values
    assert services.database.sql(begun) == "OK"
    settled = f"select code from campaign.settle_exchange('EX-{key}', 'REFUNDED', 'A')"  # noqa: S608 - our own values
    assert services.database.sql(on + settled).endswith("OK")
    assert entries(services, name)["refund"] == refunds


def test_campaign_credit_is_given_but_by_defect(services: World) -> None:
    """The switch lets a balance go below zero."""
    name, me = rich(services, 1)
    call = f"select code from campaign.begin_exchange('{new_key()}', '', '{me.no}', '{name}', 'phone', 'A')"  # noqa: S608 - our own values
    assert services.database.sql(f"select set_config('mock.points_on_credit', 'on', false); {call}").endswith("OK")
    assert balance(services, me, name) == -19
