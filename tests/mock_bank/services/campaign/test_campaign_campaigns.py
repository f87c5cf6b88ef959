"""Campaigns: made, paused, resumed, over."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from services_acts import check_in, stock_of
from services_world import World, at, new_key


def test_services_campaign_status_follows_the_time(services: World) -> None:
    """DRAFT until resumed; WARMUP before, RUNNING within, CLOSED after; a check-in is let in only while it runs."""
    (me,) = services.people(1)
    node = services.campaigns[0]
    expected = [
        ({"state": "DRAFT"}, "DRAFT", "NOT_STARTED"),
        ({"start_at": at(50)}, "WARMUP", "NOT_STARTED"),
        ({}, "RUNNING", "OK"),
        ({"start_at": at(-9), "end_at": at(-1)}, "CLOSED", "ENDED"),
    ]
    for changes, status, code in expected:
        name = services.campaign(**changes)
        data = node.call("GET", f"/v1/campaigns/{name}")[1]["data"]
        assert (data["status"], check_in(services, me, name)[0]) == (status, code)
        assert abs(data["server_time_ms"] - time.time() * 1000) < 5000


def test_services_nothing_is_granted_after_a_pause_is_answered(services: World) -> None:
    """Claims hammer both nodes while the operator pauses one: no grant comes after the answer."""
    name = services.campaign(sku={"stock": 5000})
    people = services.people(200)

    def pause() -> int:
        said = {"actor": "operator 7", "reason": "drill"}
        assert services.campaigns[0].ops("POST", f"/v1/ops/campaigns/{name}/pause", said)[1]["data"]["status"] == "PAUSED"
        return stock_of(services, name)["granted"]

    with ThreadPoolExecutor(24) as pool:
        claims = [pool.submit(p.claim, services.campaigns[n % 2], f"a{name}") for n, p in enumerate(people[:100])]
        paused = pool.submit(pause)
        claims += [pool.submit(p.claim, services.campaigns[n % 2], f"a{name}") for n, p in enumerate(people[100:])]
        granted_at_pause = paused.result(30)
        codes = Counter(claim.result(30)[1]["code"] for claim in claims)
    assert set(codes) == {"OK", "CAMPAIGN_PAUSED"}
    assert stock_of(services, name)["granted"] == granted_at_pause == codes["OK"]


def test_services_pause_leaves_coupons_redeemable_and_keys_free(services: World) -> None:
    """A paused claim is shed with Retry-After and its key may try again after the resumption; both acts are in the audit."""
    name = services.campaign()
    one, two = services.people(2)
    node, key, late = services.campaigns[0], new_key(), new_key()
    said = {"actor": "operator 7", "reason": "drill"}
    assert one.claim(node, f"a{name}", key)[0] == 200
    node.ops("POST", f"/v1/ops/campaigns/{name}/pause", said)
    assert (two.claim(node, f"a{name}", late)[0], check_in(services, two, name)[0]) == (503, "CAMPAIGN_PAUSED")
    coupon = {"order_id": "o", "amount_fen": 500}
    assert one.ask(node, "POST", f"/v1/coupons/CP-{key}/redemptions", coupon, new_key())[0] == 200
    node.ops("POST", f"/v1/ops/campaigns/{name}/resume", said)
    assert two.claim(node, f"a{name}", late)[1]["code"] == "OK"
    acts = [(row["action"], row["actor"], row["reason"]) for row in node.read_back("/v1/ops/audit") if row["target"] == name]
    assert acts[1:] == [("campaign.pause", "operator 7", "drill"), ("campaign.resume", "operator 7", "drill")]


def test_services_campaign_is_not_replaced_by_accident(services: World) -> None:
    """An id that exists needs replace; then it starts afresh, keys and all."""
    name = services.campaign()
    (me,) = services.people(1)
    node, key = services.campaigns[0], new_key()
    assert me.claim(node, f"a{name}", key)[0] == 200
    activity = {
        "id": f"a{name}",
        "opens_at": at(-1),
        "closes_at": at(60),
        "skus": [{"sku": "gold", "batch": "b1", "stock": 1, "face_fen": 7}],
    }
    body = {"id": name, "start_at": at(-1), "end_at": at(60), "activities": [activity]}
    assert node.ops("POST", "/v1/ops/campaigns", body)[1]["code"] == "ALREADY_EXISTS"
    assert node.ops("POST", "/v1/ops/campaigns", body | {"replace": True})[0] == 200
    assert stock_of(services, name) == {"initial": 1, "replenished": 0, "granted": 0, "remaining": 1}
    assert me.claim(node, f"a{name}", key)[1]["data"]["amount_fen"] == 7


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"end_at": at(-99)}, "start_at must be before end_at"),
        ({"surprise": 1}, "surprise"),
        ({"start_at": "2026-01-01T00:00:00"}, "start_at"),
        ({"redpacket": {"pool_fen": 5, "min_fen": 2, "max_fen": 3, "packets": 3}}, "pool_fen must cover"),
        ({"budget_fen": 1}, "budget_fen must cover"),
    ],
)
def test_services_campaign_that_cannot_be_is_refused_with_the_place(services: World, changes: dict[str, object], place: str) -> None:
    """400, naming what is wrong."""
    activity = {"id": "x", "opens_at": at(-1), "closes_at": at(60), "skus": [{"sku": "gold", "batch": "b1", "stock": 1, "face_fen": 7}]}
    body = {"id": "x", "start_at": at(-1), "end_at": at(60), "activities": [activity]} | changes
    status, envelope = services.campaigns[0].ops("POST", "/v1/ops/campaigns", body)
    assert (status, envelope["code"]) == (400, "BAD_PARAM")
    assert place in envelope["message"]
