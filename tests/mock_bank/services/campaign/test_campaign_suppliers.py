"""Suppliers and their breakers: no leave to claim without a risk decision, no money without the voucher supplier; both ledgers agree."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import requests
from services_world import Node, Person, World, new_key, wait_for

Answer = tuple[int, dict[str, Any]]


@pytest.fixture
def node(services: World) -> Iterator[Node]:
    """A node whose breakers nobody else has used; the dials are put to rest behind it."""
    node = services.node("campaign", f"campaign-{new_key()[:8]}", "A")
    yield node
    for supplier in ("risk", "voucher"):
        services.turn(supplier, errors=None, unanswered=None, blackhole=None)
    services.stop(node)


def breaker(node: Node, dependency: str) -> dict[str, Any]:
    """What the node says of one of its breakers."""
    told = node.ops("GET", "/v1/ops/breakers")[1]["data"]
    assert told["node"] == node.config.stem
    return next(one for one in told["breakers"] if one["dependency"] == dependency)


def won(services: World, person: Person, node: Node) -> str:
    """A coupon of 500 fen."""
    key = new_key()
    assert person.claim(node, f"a{services.campaign()}", key)[1]["code"] == "OK"
    return f"CP-{key}"


def redeem(person: Person, node: Node, coupon: str, key: str, fen: int = 500) -> Answer:
    """One redemption."""
    return person.ask(node, "POST", f"/v1/coupons/{coupon}/redemptions", {"order_id": "o", "amount_fen": fen}, key)


def test_services_breaker_opens_holds_and_closes(services: World, node: Node) -> None:
    """Failing decisions give no leave; then nobody is asked, and it is said for how long; then five probes close it."""
    (me,) = services.people(1)
    path = f"/v1/activities/a{services.campaign()}/token"
    assert me.ask(node, "GET", path)[0] == 200
    services.turn("risk", errors=1.0)
    said = [me.ask(node, "GET", path) for _ in range(19)]
    assert {(status, envelope["code"]) for status, envelope in said} == {(503, "SYSTEM_BUSY")}
    assert breaker(node, "risk")["state"] == "open"
    refused = requests.get(node.url + path, headers={"Authorization": f"Bearer {me.token}"}, timeout=5)
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (503, "CIRCUIT_OPEN", "2")
    assert breaker(node, "risk")["called"] == 20
    assert breaker(node, "voucher")["state"] == "closed"
    services.turn("risk", errors=None)
    wait_for(lambda: me.ask(node, "GET", path)[0] == 200, "leave is given again", 5)
    wait_for(lambda: me.ask(node, "GET", path)[0] == 200 and breaker(node, "risk")["state"] == "closed", "the breaker is closed", 5)
    told = breaker(node, "risk")
    assert [(change["old"], change["new"], change["probes"]) for change in told["changes"]] == [
        ("closed", "open", 0),
        ("open", "half_open", 0),
        ("half_open", "closed", 5),
    ]
    later = node.ops("GET", f"/v1/ops/breakers?since={told['changes'][1]['monotonic_ns']}")[1]["data"]["breakers"]
    assert [change["new"] for one in later for change in one["changes"]] == ["closed"]


def test_services_node_that_is_killed_remembers_its_open_breaker(services: World) -> None:
    """It does not call what the one before it had found out of order; by its own probes it closes, and that is kept too."""
    (me,) = services.people(1)
    path, name = f"/v1/activities/a{services.campaign()}/token", f"campaign-{new_key()[:8]}"
    remembers = {"breakers_file": str(services.folder / f"{name}.breakers")}
    services.turn("risk", errors=1.0)
    first = services.node("campaign", name, "A", **remembers)
    for _ in range(20):
        me.ask(first, "GET", path)
    first.process.kill()
    first.process.wait(10)
    services.nodes.remove(first)
    second = services.node("campaign", name, "A", **remembers)
    assert me.ask(second, "GET", path)[1]["code"] == "CIRCUIT_OPEN"
    assert (breaker(second, "risk")["called"], breaker(second, "voucher")["state"]) == (0, "closed")
    services.turn("risk", errors=None)
    wait_for(lambda: me.ask(second, "GET", path)[0] == 200 and breaker(second, "risk")["state"] == "closed", "its breaker is closed", 10)
    assert (services.folder / f"{name}.breakers").read_text() == "[]"
    services.stop(second)


def test_services_each_node_has_breakers_of_its_own(services: World, node: Node) -> None:
    """What one node has seen of a supplier, another need not believe."""
    (me,) = services.people(1)
    path = f"/v1/activities/a{services.campaign()}/token"
    services.turn("risk", errors=1.0)
    for _ in range(20):
        me.ask(node, "GET", path)
    services.turn("risk", errors=None)
    assert me.ask(node, "GET", path)[1]["code"] == "CIRCUIT_OPEN"
    assert me.ask(services.campaigns[1], "GET", path)[0] == 200


def test_services_coupon_is_redeemed_by_its_supplier_too(services: World, node: Node) -> None:
    """Once, under the redemption's own id, as often as the customer asks with his key; what is refused does not reach the supplier."""
    (me,) = services.people(1)
    coupon, key = won(services, me, node), new_key()
    wrong, late = new_key(), new_key()
    assert redeem(me, node, coupon, wrong, fen=7)[1]["code"] == "AMOUNT_MISMATCH"
    assert [redeem(me, node, coupon, key)[1]["code"] for _ in range(2)] == ["OK", "OK"]
    assert redeem(me, node, coupon, late)[1]["code"] == "ALREADY_REDEEMED"
    (call,) = services.supplier_calls(f"RD-{key}")
    told = {name: call[name] for name in ("supplier", "caller", "subject", "amount_fen", "did")}
    assert told == {"supplier": "voucher", "caller": node.config.stem, "subject": coupon, "amount_fen": 500, "did": 1}
    assert 0 < call["sent_ns"] <= call["arrived_ns"]
    assert services.supplier_calls(f"RD-{wrong}") == services.supplier_calls(f"RD-{late}") == []


def test_services_no_money_moves_without_the_supplier(services: World, node: Node) -> None:
    """It errs: nothing is redeemed, owed or remembered. Its breaker opens: the same, without asking. Later the same key redeems."""
    (me,) = services.people(1)
    coupon, key = won(services, me, node), new_key()
    services.turn("voucher", errors=1.0)
    answers = [redeem(me, node, coupon, key) for _ in range(21)]
    assert [envelope["code"] for _, envelope in answers] == ["SYSTEM_BUSY"] * 20 + ["CIRCUIT_OPEN"]
    assert {status for status, _ in answers} == {503}
    assert len(services.supplier_calls(f"RD-{key}")) == 20
    assert coupon not in {row["coupon_code"] for row in node.read_back("/v1/ops/redemptions")}
    assert f"RD-{key}" not in {row["payout_key"] for row in node.read_back("/v1/ops/outbox")}
    services.turn("voucher", errors=None)
    wait_for(lambda: redeem(me, node, coupon, key)[1]["code"] == "OK", "it is redeemed", 5)
    assert sum(call["did"] for call in services.supplier_calls(f"RD-{key}")) == 1


def test_services_redemption_that_the_supplier_does_not_answer_is_unknown(services: World, node: Node) -> None:
    """It has done it and said nothing: the customer is told that it may have been, and the same key ends it, once on both sides."""
    (me,) = services.people(1)
    coupon, key = won(services, me, node), new_key()
    services.turn("voucher", unanswered=1.0)
    assert redeem(me, node, coupon, key)[1]["code"] == "TXN_UNKNOWN"
    services.turn("voucher", unanswered=None)
    assert redeem(me, node, coupon, new_key())[1]["code"] == "SYSTEM_BUSY"
    assert redeem(me, node, coupon, key)[1]["code"] == "OK"
    assert sum(call["did"] for call in services.supplier_calls(f"RD-{key}")) == 1
    assert [row["idempotency_key"] for row in node.read_back("/v1/ops/redemptions") if row["coupon_code"] == coupon] == [key]


def test_services_coupon_shown_at_two_tills_at_once_is_redeemed_at_one_and_refused_at_the_other(services: World, node: Node) -> None:
    """Whoever comes second is not sent away as if all were too busy, but told what became of it; the supplier has done it once."""
    (me,) = services.people(1)
    for _ in range(5):
        coupon, keys = won(services, me, node), (new_key(), new_key())
        with ThreadPoolExecutor(2) as tills:
            said = list(tills.map(partial(redeem, me, node, coupon), keys))
        assert sorted(envelope["code"] for _, envelope in said) == ["ALREADY_REDEEMED", "OK"]
        assert sum(call["did"] for key in keys for call in services.supplier_calls(f"RD-{key}")) == 1


def test_services_redemption_that_we_cannot_enter_after_its_supplier_is_unknown(services: World, node: Node) -> None:
    """By itself the database would be busy and nothing done; with the supplier it is done, so that only the same key ends it."""
    (me,) = services.people(1)
    coupon, key = won(services, me, node), new_key()
    asleep = "from pg_stat_activity where wait_event = 'PgSleep'"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(services.database.sql, "begin; lock campaign.redemptions in exclusive mode; select pg_sleep(30)", check=False)
        wait_for(lambda: services.database.sql(f"select count(*) {asleep}") == "1", "the lock is held")
        answer = redeem(me, node, coupon, key)
        services.database.sql(f"select pg_terminate_backend(pid) {asleep}")
    assert (answer[0], answer[1]["code"]) == (500, "TXN_UNKNOWN")
    assert redeem(me, node, coupon, key)[1]["code"] == "OK"
    assert sum(call["did"] for call in services.supplier_calls(f"RD-{key}")) == 1
