"""The claim's TPS over the whole embedded world against pgbench running the same SQL on the same pair: what the services and links cost.

    python -m bench.claims [--rounds 3] [--seconds 4] [--clients 16] [--write]

Rounds are interleaved. Both sides grant prizes of one SKU, each with its own idempotency key, synchronously replicated.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import aiohttp
import requests

from bench.kit.closed_loop import asked_by
from bench.kit.embedded import pgbench, primary, world
from bench.kit.page import middle, parser, show, spread

HEAD = ("claims granted per second", "median", "least to most")
CUSTOMERS = 200
ACTIVITY = {"id": "flash", "batch": "b1", "sku": "sku-1"}
SQL = """\\set customer random(1, 1000000000)
select code, data from campaign.claim(gen_random_uuid()::text, '', 'bench-' || :customer, 'flash', 'sku-1', 'b1', '', 'A');
"""


def open_sale(topology: dict[str, Any]) -> None:
    """Customers, and a sale with more stock than both sides can grant."""
    gateway, headers = topology["gateways"][0], {"X-Operator-Token": topology["operator_token"]}
    people = [{"no": str(no), "name": "甲", "phone": f"142{no:08d}"} for no in range(CUSTOMERS)]
    now = datetime.now(UTC)
    activity = {
        "id": ACTIVITY["id"],
        "opens_at": (now - timedelta(hours=1)).isoformat(),
        "closes_at": (now + timedelta(hours=1)).isoformat(),
        "per_customer_cap": 1_000_000,
        "skus": [{"sku": ACTIVITY["sku"], "batch": ACTIVITY["batch"], "stock": 1_000_000, "face_fen": 100}],
    }
    campaign = {"id": "bench", "start_at": activity["opens_at"], "end_at": activity["closes_at"], "activities": [activity]}
    for url, body in (
        (f"{gateway['bank']}/bank/v1/ops/customers", {"customers": people}),
        (f"{gateway['campaign']}/v1/ops/campaigns", campaign),
    ):
        requests.post(url, json=body, headers=headers, timeout=60).raise_for_status()


async def logged_in(topology: dict[str, Any], clients: int) -> list[Callable[[], bytes]]:
    """What each of so many customers sends: a claim with a key of its own each time."""
    gateway = topology["gateways"][0]
    async with aiohttp.ClientSession() as session:
        return [await _claims(session, gateway, no) for no in range(clients)]


async def _claims(session: aiohttp.ClientSession, gateway: dict[str, str], no: int) -> Callable[[], bytes]:
    async with session.post(f"{gateway['bank']}/bank/v1/sessions", json={"no": str(no), "phone": f"142{no:08d}"}) as answer:
        bearer = (await answer.json())["data"]["token"]
    async with session.get(f"{gateway['campaign']}/v1/activities/flash/token", headers={"Authorization": f"Bearer {bearer}"}) as answer:
        token = (await answer.json())["data"]["activity_token"]
    body = json.dumps({"sku": ACTIVITY["sku"], "batch_id": ACTIVITY["batch"], "activity_token": token})
    head = (
        f"POST /v1/activities/flash/claims HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {bearer}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: "
    )

    def claim() -> bytes:
        return f"{head}{uuid.uuid4()}\r\n\r\n{body}".encode()

    return claim


async def over_http(topology: dict[str, Any], customers: list[Callable[[], bytes]], seconds: float) -> float:
    """Grants per second through gateway, nodes and links."""
    return await asked_by(topology["gateways"][0]["campaign"], customers, b'"code":"OK"', seconds) / seconds


def main() -> None:
    """Prints the table and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=4)
    made.add_argument("--clients", type=int, default=16)
    options = made.parse_args()
    with world() as topology:
        open_sale(topology)
        customers = asyncio.run(logged_in(topology, options.clients))
        asyncio.run(over_http(topology, customers, 1))  # warm
        rounds = [
            (
                asyncio.run(over_http(topology, customers, options.seconds)),
                pgbench(topology, primary(topology), SQL, options.seconds, options.clients),
            )
            for _ in range(options.rounds)
        ]
    ratios = sorted(http / sql for http, sql in rounds)
    print(f"{options.clients} clients, {options.rounds} rounds of {options.seconds:g} s")
    rows = [
        ("over the whole world", middle([http for http, _ in rounds], "{:.0f}"), spread([http for http, _ in rounds], "{:.0f}")),
        (
            "pgbench, the same SQL on the same pair",
            middle([sql for _, sql in rounds], "{:.0f}"),
            spread([sql for _, sql in rounds], "{:.0f}"),
        ),
        ("ratio", middle(ratios), spread(ratios)),
    ]
    show(options.page, "claims", HEAD, rows)
    print(json.dumps({"bench": "claims", "ratio": round(median(ratios), 3), "least": round(ratios[0], 3), "most": round(ratios[-1], 3)}))


if __name__ == "__main__":
    main()
