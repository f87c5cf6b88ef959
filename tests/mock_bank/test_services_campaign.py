"""The campaign service: stock, caps, windows, pause, check-in, red packets."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from services_world import Person, World, at, new_key, together, wait_for


def stock_of(services: World, campaign: str) -> dict[str, int]:
    """The stock row of the campaign's one prize."""
    (row,) = [row for row in services.campaigns[0].read_back("/v1/ops/stock") if row["campaign_id"] == campaign]
    return {name: row[name] for name in ("initial", "replenished", "granted", "remaining")}


def grants_of(services: World, campaign: str, kind: str) -> list[dict[str, object]]:
    """The read-back of its grants."""
    return [row for row in services.campaigns[0].read_back("/v1/ops/grants") if (row["campaign_id"], row["kind"]) == (campaign, kind)]


def check_in(services: World, person: Person, campaign: str, node: int = 0) -> tuple[str, dict[str, object]]:
    """Code and data of a check-in."""
    _, envelope = person.ask(services.campaigns[node], "POST", "/v1/checkins", {"campaign_id": campaign}, new_key())
    return envelope["code"], envelope["data"]


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
    claim = f"select code from campaign.claim('{new_key()}', '', 'nobody', 'a{name}', 'gold', 'b1', '', 'A', '')"  # noqa: S608 - our own values
    got = services.database.sql(f"begin; {edge}; {claim}; rollback")
    assert got == code


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


def test_services_streak_goes_by_the_calendar_of_shanghai(services: World) -> None:
    """A check-in of yesterday (Shanghai) is continued, one of the day before is not; once a day, from many devices at once."""
    name = services.campaign(redpacket={"pool_fen": 1000, "min_fen": 1, "max_fen": 50})
    fresh, steady, lapsed = services.people(3)
    for person, days, streak in ((steady, 1, 6), (lapsed, 2, 9)):
        row = f"'{name}', '{person.no}', campaign.today() - {days}, 'CK-{person.no}', 'k', {streak}, 'RP', now(), 'A'"
        services.database.sql(f"insert into campaign.checkins values ({row})")  # noqa: S608 - our own values
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    for person, streak in ((fresh, 1), (steady, 7), (lapsed, 1)):
        answers = together([lambda n=n, p=person: check_in(services, p, name, n % 2) for n in range(6)])
        assert Counter(code for code, _ in answers) == {"OK": 1, "ALREADY_CLAIMED": 5}
        assert {data["streak"] for _, data in answers} == {streak}
        assert {data["date"] for _, data in answers} <= {today, datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()}
        said = person.ask(services.campaigns[1], "GET", f"/v1/campaigns/{name}/streak")[1]["data"]
        assert (said["streak"], said["checked_in_today"]) == (streak, True)


@pytest.mark.parametrize(
    "pool", [{"pool_fen": 1000, "min_fen": 5, "max_fen": 60, "packets": 30}, {"pool_fen": 30, "min_fen": 1, "max_fen": 9, "packets": 30}]
)
def test_services_red_packets_never_pass_the_pool(services: World, pool: dict[str, int]) -> None:
    """50 packets opened at once on two nodes, 30 in the pool: 30 amounts within [min, max] and within the pool, 20 too late."""
    name = services.campaign(redpacket=pool)
    people = services.people(50)
    packets = [check_in(services, person, name)[1]["redpacket_id"] for person in people]
    opened = together(
        [
            lambda n=n, p=p, i=i: p.ask(services.campaigns[n % 2], "POST", f"/v1/redpackets/{i}/open", None, new_key())[1]
            for n, (p, i) in enumerate(zip(people, packets, strict=True))
        ]
    )
    assert Counter(envelope["code"] for envelope in opened) == {"OK": 30, "SOLD_OUT": 20}
    amounts = [envelope["data"]["amount_fen"] for envelope in opened if envelope["code"] == "OK"]
    assert pool["min_fen"] <= min(amounts) <= max(amounts) <= pool["max_fen"]
    assert sum(amounts) <= pool["pool_fen"]
    assert sorted(amounts) == sorted(row["amount_fen"] for row in grants_of(services, name, "redpacket"))


def test_services_mock_can_oversell(services: World) -> None:
    """allow_oversell: more granted than there was, and the read-back shows it."""
    name = services.campaign(sku={"stock": 2})
    node = services.node("campaign", "oversell", "A", switches={"allow_oversell": True})
    assert {person.claim(node, f"a{name}")[1]["code"] for person in services.people(5)} == {"OK"}
    services.stop(node)
    assert stock_of(services, name) == {"initial": 2, "replenished": 0, "granted": 5, "remaining": -3}


def test_services_mock_can_lie_that_all_is_gone_and_hide_its_books(services: World) -> None:
    """always_sold_out refuses everybody while stock is left; no_read_back answers 404."""
    name = services.campaign()
    node = services.node("campaign", "liar", "A", switches={"always_sold_out": True, "no_read_back": True})
    assert {person.claim(node, f"a{name}")[1]["code"] for person in services.people(3)} == {"SOLD_OUT"}
    assert node.ops("GET", "/v1/ops/grants")[0] == 404
    assert services.stop(node) == 0
    assert stock_of(services, name)["remaining"] == 100


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


def test_services_beacons_are_taken_and_counted(services: World) -> None:
    """202 at once; counted soon after."""
    item = new_key()
    events = [{"type": "impression", "item": item, "ts": 1}, {"type": "impression", "item": item, "ts": 2}]
    assert services.campaigns[1].call("POST", "/v1/events", {"events": events})[0] == 202
    counted = lambda: [row["seen"] for row in services.campaigns[0].read_back("/v1/ops/beacons") if row["item"] == item]  # noqa: E731 - polled
    assert wait_for(counted, "beacons are counted") == [2]
