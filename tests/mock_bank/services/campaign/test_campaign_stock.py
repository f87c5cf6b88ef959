"""The stock."""

from collections import Counter

from services_acts import grants_of, stock_of
from services_world import World, new_key, together


def test_services_fifty_prizes_make_fifty_winners_of_three_hundred(services: World) -> None:
    """300 claims at once on two nodes: 50 granted, 250 sold out, nothing left, every grant with a customer of its own."""
    name = services.campaign(sku={"stock": 50})
    people = services.people(300)
    answers = together([lambda n=n, p=p: p.claim(services.campaigns[n % 2], f"a{name}") for n, p in enumerate(people)], threads=64)
    assert Counter(envelope["code"] for _, envelope in answers) == {"OK": 50, "SOLD_OUT": 250}
    assert stock_of(services, name) == {"initial": 50, "replenished": 0, "granted": 50, "remaining": 0}
    assert len({row["customer_no"] for row in grants_of(services, name, "claim")}) == 50


def test_services_stock_is_conserved_while_it_is_replenished(services: World) -> None:
    """Granted + remaining = initial + replenished, and no prize is missed: 40 claims, 10 + 30 prizes, a retry for those too early."""
    name = services.campaign(sku={"stock": 10})
    node = services.campaigns[0]
    more = {"activity_id": f"a{name}", "sku": "gold", "batch": "b1", "quantity": 10, "actor": "tester", "reason": "test"}
    refill = lambda: node.ops("POST", "/v1/ops/stock/replenish", more, Idempotency_Key=new_key())  # noqa: E731 - one of many calls
    claims = [lambda p=p: p.claim(node, f"a{name}") for p in services.people(40)]
    codes = Counter(envelope["code"] for _, envelope in together([*claims[:20], refill, refill, refill, *claims[20:]]))
    found = stock_of(services, name)
    assert found["granted"] + found["remaining"] == found["initial"] + found["replenished"] == 40
    assert found["granted"] == len(grants_of(services, name, "claim"))
    assert set(codes) <= {"OK", "SOLD_OUT"}


def test_services_mock_can_oversell(services: World) -> None:
    """allow_oversell: more granted than there was, and the read-back shows it."""
    name = services.campaign(sku={"stock": 2})
    node = services.node("campaign", "oversell", "A", switches={"allow_oversell": True})
    assert {person.claim(node, f"a{name}")[1]["code"] for person in services.people(5)} == {"OK"}
    services.stop(node)
    assert stock_of(services, name) == {"initial": 2, "replenished": 0, "granted": 5, "remaining": -3}
