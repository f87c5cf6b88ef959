"""Red packets."""

from collections import Counter

import pytest
from services_acts import check_in, grants_of
from services_world import World, new_key, together


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
