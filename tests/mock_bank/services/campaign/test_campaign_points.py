"""Points: earned once for each payment, doubled inside the window by the time of the payment, and a balance that is their sum."""

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from services_acts import earn, receipt
from services_world import World, new_key, together

START_MS = 1_800_000_000_000


def instant(ms: int) -> str:
    """As a plan has it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


@pytest.mark.parametrize(
    ("paid_ms", "points"),
    [(START_MS - 1, 12), (START_MS, 24), (START_MS + 59_999, 24), (START_MS + 60_000, 12)],
    ids=["just-before", "first-moment", "last-moment", "just-after"],
)
def test_campaign_points_are_doubled_inside_the_window(services: World, paid_ms: int, points: int) -> None:
    """Half-open, to the millisecond, by the payment's own time, whenever the receipt is shown."""
    name = services.campaign(points={"double_from": instant(START_MS), "double_until": instant(START_MS + 60_000)})
    (me,) = services.people(1)
    code, data = earn(services, me, name, 1299, paid_ms)
    assert (code, data["points"], data["balance"]) == ("OK", points, points)


def test_campaign_payment_earns_its_points_once(services: World) -> None:
    """Shown from several devices at once under keys of their own."""
    name = services.campaign()
    (me,) = services.people(1)
    payment, now_ms = new_key(), time.time_ns() // 1_000_000
    codes = together([lambda: earn(services, me, name, 1000, now_ms, payment)[0] for _ in range(6)])
    assert Counter(codes) == {"OK": 1, "ALREADY_EARNED": 5}
    assert me.ask(services.campaigns[1], "GET", f"/v1/campaigns/{name}/points")[1]["data"]["balance"] == 10


def test_campaign_balance_is_the_sum_of_its_entries(services: World) -> None:
    """Whatever comes at once."""
    name = services.campaign()
    (me,) = services.people(1)
    assert set(together([lambda n=n: earn(services, me, name, 100 * n)[0] for n in range(1, 21)])) == {"OK"}
    assert me.ask(services.campaigns[0], "GET", f"/v1/campaigns/{name}/points")[1]["data"]["balance"] == 210


def test_campaign_receipt_is_its_customers(services: World) -> None:
    """Nobody earns by another's."""
    name = services.campaign()
    me, other = services.people(2)
    body = {"campaign_id": name, "receipt_token": receipt(other, new_key(), 1000)}
    assert me.ask(services.campaigns[0], "POST", "/v1/points", body, new_key())[1]["code"] == "TOKEN_INVALID"
