"""Beacons."""

from services_world import World, new_key, wait_for


def test_services_beacons_are_taken_and_counted(services: World) -> None:
    """202 at once; counted soon after."""
    item = new_key()
    events = [{"type": "impression", "item": item, "ts": 1}, {"type": "impression", "item": item, "ts": 2}]
    assert services.campaigns[1].call("POST", "/v1/events", {"events": events})[0] == 202
    counted = lambda: [row["seen"] for row in services.campaigns[0].read_back("/v1/ops/beacons") if row["item"] == item]  # noqa: E731 - polled
    assert wait_for(counted, "beacons are counted") == [2]
