"""Claims: caps, windows, tokens."""

import time
from collections import Counter

import pytest
from services_acts import stock_of
from services_world import World, at, new_key, together


def test_services_cap_holds_for_one_customer_with_many_devices(services: World) -> None:
    """Twelve devices at once on two nodes, cap two: two prizes, the others LIMIT_REACHED."""
    name = services.campaign(activity={"per_customer_cap": 2})
    (me,) = services.people(1)
    answers = together([lambda n=n: me.claim(services.campaigns[n % 2], f"a{name}", X_Device_Id=f"device-{n}") for n in range(12)])
    assert Counter(envelope["code"] for _, envelope in answers) == {"OK": 2, "LIMIT_REACHED": 10}


@pytest.mark.parametrize(
    ("caps", "codes"),
    [
        ({"per_customer_cap": 1}, ["OK", "ALREADY_CLAIMED", "ALREADY_CLAIMED"]),
        ({"per_customer_cap": 3, "per_batch_cap": 1}, ["OK", "ALREADY_CLAIMED", "OK"]),
        ({"per_customer_cap": 3, "per_day_cap": 2}, ["OK", "OK", "LIMIT_REACHED"]),
    ],
)
def test_services_caps_bind_by_customer_batch_and_day(services: World, caps: dict[str, int], codes: list[str]) -> None:
    """Batch one twice, then batch two."""
    prize = {"sku": "gold", "stock": 9, "face_fen": 5}
    name = services.campaign(activity=caps | {"skus": [prize | {"batch": "b1"}, prize | {"batch": "b2"}]})
    (me,) = services.people(1)
    assert [me.claim(services.campaigns[0], f"a{name}", batch=batch)[1]["code"] for batch in ("b1", "b1", "b2")] == codes


def test_services_window_is_half_open_by_the_servers_time(services: World) -> None:
    """Through a window of 600 ms: every grant's time is in [opens, closes), every refusal's before is NOT_STARTED and after ENDED."""
    name = services.campaign(activity={"opens_at": at(0.3), "closes_at": at(0.9)}, sku={"stock": 10_000})
    (row,) = [row for row in services.campaigns[0].read_back("/v1/ops/activities") if row["campaign_id"] == name]
    people = services.people(400)
    seen: Counter[str] = Counter()
    for person in people:
        time.sleep(0.003)  # so that four hundred last longer than the window, however fast they are answered
        _, envelope = person.claim(services.campaigns[0], f"a{name}")
        code, at_ms = envelope["code"], envelope["data"]["at_ms"]
        seen[code] += 1
        # a time is told in whole milliseconds, rounded; so the edge itself may be either side's
        expected = {"NOT_STARTED"} if at_ms < row["opens_at_ms"] else {"ENDED"} if at_ms > row["closes_at_ms"] else {"OK"}
        if at_ms in {row["opens_at_ms"], row["closes_at_ms"]}:
            expected = {"NOT_STARTED", "OK", "ENDED"}
        assert code in expected, (code, at_ms, row)
        if seen["ENDED"] >= 3:
            break
    assert set(seen) >= {"ENDED"}, seen


@pytest.mark.parametrize(
    ("opens", "closes", "code"), [("now()", "now() + interval '1 h'", "OK"), ("now() - interval '1 h'", "now()", "ENDED")]
)
def test_services_window_edges_themselves(services: World, opens: str, closes: str, code: str) -> None:
    """At opens_at exactly it is open, at closes_at exactly it is closed: one transaction sets the edge to its own time and claims."""
    name = services.campaign()
    edge = f"update campaign.activities set opens_at = {opens}, closes_at = {closes} where campaign_id = '{name}'"  # noqa: S608 - our own values
    claim = f"select code from campaign.claim('{new_key()}', '', 'nobody', 'a{name}', 'gold', 'b1', '', 'A')"  # noqa: S608 - our own values
    got = services.database.sql(f"begin; {edge}; {claim}; rollback")
    assert got == code


def test_services_activity_token_is_bound_to_customer_and_activity(services: World) -> None:
    """Another's token, or one for another activity, is refused."""
    name, elsewhere = services.campaign(), services.campaign()
    me, other = services.people(2)
    node = services.campaigns[0]
    for who, where in ((other, name), (me, elsewhere)):
        token = who.ask(node, "POST", f"/v1/activities/a{where}/token")[1]["data"]["activity_token"]
        body = {"sku": "gold", "batch_id": "b1", "activity_token": token}
        status, envelope = me.ask(node, "POST", f"/v1/activities/a{name}/claims", body, new_key())
        assert (status, envelope["code"]) == (401, "TOKEN_INVALID")


def test_services_claim_can_be_asked_for_by_its_key(services: World) -> None:
    """CL-<key> gives the answer again, to its owner only; a redeemed coupon says so."""
    name = services.campaign()
    me, other = services.people(2)
    node, key = services.campaigns[1], new_key()
    assert me.ask(node, "GET", f"/v1/claims/CL-{key}")[0] == 404
    claimed = me.claim(node, f"a{name}", key)[1]["data"]
    assert me.ask(services.campaigns[0], "GET", f"/v1/claims/CL-{key}")[1]["data"] == claimed
    assert other.ask(node, "GET", f"/v1/claims/CL-{key}")[0] == 404
    redemption = f"/v1/coupons/{claimed['coupon_code']}/redemptions"
    order = {"order_id": "o", "amount_fen": 500}
    assert me.ask(node, "POST", redemption, order | {"amount_fen": 499}, new_key())[1]["code"] == "AMOUNT_MISMATCH"
    assert other.ask(node, "POST", redemption, order, new_key())[0] == 404
    answers = together([lambda n=n: me.ask(services.campaigns[n % 2], "POST", redemption, order, new_key()) for n in range(8)])
    assert Counter(envelope["code"] for _, envelope in answers) == {"OK": 1, "ALREADY_REDEEMED": 7}
    (coupon,) = me.ask(node, "GET", "/v1/coupons")[1]["data"]["coupons"]
    assert (coupon["coupon_code"], coupon["state"]) == (claimed["coupon_code"], "REDEEMED")


def test_services_mock_can_lie_that_all_is_gone_and_hide_its_books(services: World) -> None:
    """always_sold_out refuses everybody while stock is left; no_read_back answers 404."""
    name = services.campaign()
    node = services.node("campaign", "liar", "A", switches={"always_sold_out": True, "no_read_back": True})
    assert {person.claim(node, f"a{name}")[1]["code"] for person in services.people(3)} == {"SOLD_OUT"}
    assert node.ops("GET", "/v1/ops/grants")[0] == 404
    assert services.stop(node) == 0
    assert stock_of(services, name)["remaining"] == 100
