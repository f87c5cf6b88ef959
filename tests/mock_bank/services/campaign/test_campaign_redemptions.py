"""Redemption by hand, when the supplier cannot be had: each coupon once, by one way or the other."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import asyncpg
import pytest
from services_world import Node, Person, World, new_key, together, wait_for


@pytest.fixture
def node(services: World) -> Iterator[Node]:
    """A node whose breakers nobody else has used; the dials are put to rest behind it."""
    node = services.node("campaign", f"campaign-{new_key()[:8]}", "A")
    yield node
    services.turn("voucher", errors=None, unanswered=None)
    services.stop(node)


def won(services: World, person: Person, node: Node) -> str:
    """A coupon of 500 fen."""
    key = new_key()
    assert person.claim(node, f"a{services.campaign()}", key)[1]["code"] == "OK"
    return f"CP-{key}"


def redeem(person: Person, node: Node, coupon: str, key: str, way: str = "redemptions", fen: int = 500) -> str:
    """The code of one redemption."""
    return str(person.ask(node, "POST", f"/v1/coupons/{coupon}/{way}", {"order_id": "o", "amount_fen": fen}, key)[1]["code"])


def by_hand(person: Person, node: Node, coupon: str, key: str = "", fen: int = 500) -> str:
    """The code of one by hand."""
    return redeem(person, node, coupon, key or new_key(), "manual-redemptions", fen)


def rows(node: Node, coupon: str) -> dict[str, list[dict[str, Any]]]:
    """The coupon's redemptions, by both ways."""
    ways = ("redemptions", "manual-redemptions")
    return {way: [row for row in node.read_back(f"/v1/ops/{way}") if row["coupon_code"] == coupon] for way in ways}


def lose(services: World, person: Person, node: Node) -> None:
    """The supplier errs until the node's breaker is open."""
    services.turn("voucher", errors=1.0)
    lost = won(services, person, node)
    wait_for(lambda: redeem(person, node, lost, new_key()) == "CIRCUIT_OPEN", "the breaker is open", 10)


def test_services_redeem_by_hand_while_the_supplier_is_away(services: World, node: Node) -> None:
    """Not before; then once, paid and on record with its reason; and with the supplier no more when it is back."""
    me, friend = services.people(2)
    coupon, key = won(services, me, node), new_key()
    assert by_hand(me, node, coupon) == "USE_THE_APP"
    lose(services, me, node)
    assert by_hand(me, node, coupon, fen=7) == "AMOUNT_MISMATCH"
    assert by_hand(friend, node, coupon) == "NOT_FOUND"
    assert [by_hand(me, node, coupon, key) for _ in range(2)] == ["OK", "OK"]
    assert by_hand(me, node, coupon) == "ALREADY_REDEEMED"
    services.turn("voucher", errors=None)
    wait_for(lambda: redeem(me, node, won(services, me, node), new_key()) == "OK", "the supplier is back", 10)
    late = new_key()
    assert redeem(me, node, coupon, late) == "ALREADY_REDEEMED"
    assert services.supplier_calls(f"RD-{late}") == []
    found = rows(node, coupon)
    assert [len(found[way]) for way in ("redemptions", "manual-redemptions")] == [0, 1]
    assert f"RM-{key}" in {row["payout_key"] for row in node.read_back("/v1/ops/outbox")}
    assert [(row["actor"], bool(row["reason"])) for row in node.read_back("/v1/ops/audit") if row["target"] == coupon] == [("desk", True)]
    listed = me.ask(node, "GET", "/v1/coupons")[1]["data"]["coupons"]
    assert next(one["state"] for one in listed if one["coupon_code"] == coupon) == "REDEEMED"


def test_services_redeem_by_hand_waits_for_what_nobody_knows(services: World, node: Node) -> None:
    """The supplier has done it and said nothing; then it is away. By hand it would be done again; the same key ends it."""
    (me,) = services.people(1)
    coupon, key = won(services, me, node), new_key()
    services.turn("voucher", unanswered=1.0)
    assert redeem(me, node, coupon, key) == "TXN_UNKNOWN"
    services.turn("voucher", unanswered=None, errors=1.0)
    lose(services, me, node)
    assert [redeem(me, node, coupon, again) for again in (key, new_key())] == ["CIRCUIT_OPEN"] * 2
    assert by_hand(me, node, coupon) == "REDEMPTION_UNDER_WAY"
    services.turn("voucher", errors=None)
    wait_for(lambda: redeem(me, node, coupon, key) == "OK", "the same key has ended it", 10)
    assert sum(call["did"] for call in services.supplier_calls(f"RD-{key}")) == 1


def test_services_redemption_whose_node_died_is_ended_by_another(services: World) -> None:
    """The supplier has done it, the node is killed before it heard: another one enters it, once; the customer's next try is told so."""
    (me,) = services.people(1)
    node = services.node("campaign", f"campaign-{new_key()[:8]}", "A")
    coupon, key = won(services, me, node), new_key()
    services.turn("voucher", unanswered=1.0)
    with ThreadPoolExecutor(1) as customer:
        asked = customer.submit(redeem, me, node, coupon, key)
        wait_for(lambda: services.supplier_calls(f"RD-{key}"), "the supplier was asked")
        node.process.kill()
        asked.exception(30)
    node.process.wait(10)
    services.nodes.remove(node)
    services.turn("voucher", unanswered=None)
    services.database.sql(f"update campaign.redemptions_begun set next_at = now() where coupon_code = '{coupon}'")  # noqa: S608 - ours
    others = services.campaigns
    wait_for(lambda: rows(others[0], coupon)["redemptions"], "another node has entered it")
    (row,) = rows(others[0], coupon)["redemptions"]
    assert (row["idempotency_key"], row["customer_no"], row["order_id"], row["amount_fen"]) == (key, me.no, "o", 500)
    assert redeem(me, others[1], coupon, key) == "OK"
    assert sum(call["did"] for call in services.supplier_calls(f"RD-{key}")) == 1
    assert [row["payout_key"] for row in others[0].read_back("/v1/ops/outbox")].count(f"RD-{key}") == 1
    assert services.database.sql(f"select count(*) from campaign.redemptions_begun where coupon_code = '{coupon}'") == "0"  # noqa: S608 - ours


def test_services_orphaned_redemption_is_leased_to_one_at_a_time(services: World) -> None:
    """Two that ask in the middle of each other's transaction have none in common, nor has who asks again; and nobody gives it up."""
    begun = [f"CP-two-{new_key()}" for _ in range(40)]
    values = ", ".join(f"('{coupon}', '{coupon}', '', 'nobody', 'o', 1, now())" for coupon in begun)
    mine = "coupon_code like 'CP-two-%'"
    services.database.sql(f"insert into campaign.redemptions_begun values {values}")  # noqa: S608 - ours
    try:
        leased = asyncio.run(_leased_by_two(services.database.dsn))
        given_up = services.database.sql(f"select campaign.give_up_redemption('{begun[0]}', '{begun[0]}')")
        untouched = services.database.sql(f"select count(*) from campaign.redemptions_begun where {mine} and not taken_over")  # noqa: S608 - ours
    finally:
        services.database.sql(f"delete from campaign.redemptions_begun where {mine}")  # noqa: S608 - ours
    assert leased[0], "nothing was leased at all"
    assert max(Counter(coupon for some in leased for coupon in some).values()) == 1
    assert (given_up, untouched) == ("f", "0")


async def _leased_by_two(dsn: str) -> list[list[str]]:
    """What each lease gave: one's, another's before the first has committed, and the second one's again after that."""
    ask = "select coupon_code from campaign.lease_redemptions(100)"
    one, another = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    try:
        async with another.transaction():
            async with one.transaction():
                first = await one.fetch(ask)
                leased = [first, await another.fetch(ask)]
            leased.append(await another.fetch(ask))
    finally:
        await one.close()
        await another.close()
    return [[row[0] for row in some if row[0].startswith("CP-two-")] for some in leased]


def test_services_coupon_is_redeemed_once_by_both_ways_at_once(services: World, node: Node) -> None:
    """Eight try, half of them by hand, on a node that takes the supplier for lost and on one that does not."""
    (me,) = services.people(1)
    lose(services, me, node)
    services.turn("voucher", errors=None)
    for _ in range(5):
        coupon = won(services, me, services.campaigns[0])
        keys = [new_key() for _ in range(8)]
        acts = [partial(by_hand, me, node, coupon, key) for key in keys[:4]]
        acts += [partial(redeem, me, services.campaigns[n % 2], coupon, key) for n, key in enumerate(keys[4:])]
        told = Counter(together(acts))
        assert told["OK"] <= 1, told
        found = rows(node, coupon)
        assert sum(len(some) for some in found.values()) == told["OK"]
        with_supplier = sum(call["did"] for key in keys for call in services.supplier_calls(f"RD-{key}"))
        assert with_supplier <= 1 - len(found["manual-redemptions"])


@pytest.mark.parametrize(("switch", "code"), [("manual_redeems_again", "OK"), ("", "REDEMPTION_UNDER_WAY")], ids=["on", "without"])
def test_services_redemption_by_hand_has_its_defect(services: World, node: Node, switch: str, code: str) -> None:
    """By its switch alone: what the supplier may have redeemed is redeemed by hand."""
    (me,) = services.people(1)
    coupon = won(services, me, node)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    begun = f"select campaign.begin_redemption('{new_key()}', '', '{me.no}', '{coupon}', 'o', 500)"
    asked = f"select code from campaign.redeem_by_hand('{new_key()}', '', '{me.no}', '{coupon}', 'o', 500, true, 'A')"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {begun}; {asked}; rollback").splitlines()[-2:] == ["BEGUN", code]
