"""Beacons."""

from services_world import World, new_key, wait_for


def test_services_beacons_are_taken_and_counted(services: World) -> None:
    """202 at once; counted soon after."""
    item = new_key()
    events = [{"type": "impression", "item": item, "ts": 1}, {"type": "impression", "item": item, "ts": 2}]
    assert services.campaigns[1].call("POST", "/v1/events", {"events": events})[0] == 202
    counted = lambda: [row["seen"] for row in services.campaigns[0].read_back("/v1/ops/beacons") if row["item"] == item]  # noqa: E731 - polled
    assert wait_for(counted, "beacons are counted") == [2]


def test_services_beacons_have_their_defect(services: World) -> None:
    """By its switch alone: of four that are reported two are counted."""
    half, item = services.node("campaign", "half", "B", switches={"every_second_seen": True}), new_key()
    try:
        half.call("POST", "/v1/events", {"events": [{"type": "view", "item": item, "ts": 1}] * 4})
        counted = lambda: [row["seen"] for row in services.campaigns[0].read_back("/v1/ops/beacons") if row["item"] == item]  # noqa: E731 - polled
        assert wait_for(counted, "beacons are counted") == [2]
    finally:
        services.stop(half)
