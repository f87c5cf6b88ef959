"""What customers do over the whole embedded world, a second, against pgbench running the same SQL on the same pair of databases.

    python -m bench.claims [--rounds 3] [--seconds 4] [--clients 16] [--write]

Rounds are interleaved, and both sides are synchronously replicated. Claims grant prizes of one SKU; redemptions are of the coupons that the
claims granted, each asked of its supplier besides; an exchange of points is begun, asked of its supplier, and settled. Balances are read.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import aiohttp
import asyncpg
import requests

from bench.kit.closed_loop import asked_by
from bench.kit.embedded import pgbench, primary, world
from bench.kit.page import middle, parser, show, spread

HEAD = ("a second", "over the whole world", "pgbench, the same SQL", "ratio", "least to most")
CUSTOMERS = 200
ACTIVITY = {"id": "flash", "batch": "b1", "sku": "sku-1"}
FACE_FEN = 100  # as in the SQL
CLAIM = """\\set customer random(1, 1000000000)
select code, data from campaign.claim(gen_random_uuid()::text, '', 'bench-' || :customer, 'flash', 'sku-1', 'b1', '', 'A');
"""
REDEMPTION = """with this as materialized (select nextval('bench_coupon') as n)
select r.code from this join bench_coupons c using (n),
       lateral campaign.redeem(gen_random_uuid()::text, '', c.customer_no, c.coupon_code, 'o', 100, 'A') r;
"""
EXCHANGE = """\\set key random(1, 1000000000000000)
\\set customer random(1, 1000)
select code from campaign.begin_exchange('k' || :key, '', 'bench-' || :customer, 'bench', 'card', 'A');
select code from campaign.settle_exchange('EX-k' || :key, 'FULFILLED', 'A');
"""
PREPARED = """
create table bench_coupons as
  select row_number() over () as n, 'CP-' || idempotency_key as coupon_code, customer_no
    from campaign.grants where customer_no like 'bench-%';
create unique index on bench_coupons (n);
analyze bench_coupons;
create sequence bench_coupon cache 1;
insert into campaign.points_accounts (campaign_id, customer_no, balance)
  select 'bench', no, 1000000000
    from (select 'bench-' || i from generate_series(1, 1000) i union select i::text from generate_series(0, 199) i) people (no);
"""
_OK = b'"code":"OK"'


@dataclass
class Customer:
    """One that has logged in, and the coupons that it may redeem."""

    bearer: str
    token: str  # of the activity
    account: str
    keys: list[str] = field(default_factory=list)  # of claims

    def claim(self) -> bytes:
        """A claim, with a key of its own."""
        self.keys.append(str(uuid.uuid4()))
        body = {"sku": ACTIVITY["sku"], "batch_id": ACTIVITY["batch"], "activity_token": self.token}
        return self._posts("/v1/activities/flash/claims", body, self.keys[-1])

    def redemption(self) -> bytes:
        """That of a coupon that it was granted."""
        return self._posts(f"/v1/coupons/CP-{self.keys.pop(0)}/redemptions", {"order_id": "o", "amount_fen": FACE_FEN}, str(uuid.uuid4()))

    def exchange(self) -> bytes:
        """A good for points."""
        return self._posts("/v1/points/exchanges", {"campaign_id": "bench", "goods_id": "card"}, str(uuid.uuid4()))

    def balance(self) -> bytes:
        """A look at its account."""
        return f"GET /bank/v1/accounts/{self.account} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.bearer}\r\n\r\n".encode()

    def _posts(self, path: str, body: dict[str, object], key: str) -> bytes:
        text = json.dumps(body)
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.bearer}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(text)}\r\nIdempotency-Key: {key}\r\n\r\n{text}".encode()


@dataclass(frozen=True)
class Work:
    """What is done, over which service, and its SQL where it is held against that."""

    name: str
    service: str
    ask: Callable[[Customer], bytes]
    sql: str = ""


WORKS = (
    Work("claims granted", "campaign", Customer.claim, CLAIM),
    Work("coupons redeemed", "campaign", Customer.redemption, REDEMPTION),
    Work("points exchanged", "campaign", Customer.exchange, EXCHANGE),
    Work("balances read", "bank", Customer.balance),
)


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
        "skus": [{"sku": ACTIVITY["sku"], "batch": ACTIVITY["batch"], "stock": 1_000_000, "face_fen": FACE_FEN}],
    }
    campaign = {
        "id": "bench",
        "start_at": activity["opens_at"],
        "end_at": activity["closes_at"],
        "activities": [activity],
        "goods": [{"id": "card", "points": 1, "face_fen": FACE_FEN}],
    }
    for url, body in (
        (f"{gateway['bank']}/bank/v1/ops/customers", {"customers": people}),
        (f"{gateway['campaign']}/v1/ops/campaigns", campaign),
    ):
        requests.post(url, json=body, headers=headers, timeout=60).raise_for_status()


async def logged_in(topology: dict[str, Any], clients: int) -> list[Customer]:
    """So many customers."""
    gateway = topology["gateways"][0]
    async with aiohttp.ClientSession() as session:
        return [await _logged_in(session, gateway, no) for no in range(clients)]


async def _logged_in(session: aiohttp.ClientSession, gateway: dict[str, str], no: int) -> Customer:
    async with session.post(f"{gateway['bank']}/bank/v1/sessions", json={"no": str(no), "phone": f"142{no:08d}"}) as answer:
        told = (await answer.json())["data"]
    headers = {"Authorization": f"Bearer {told['token']}"}
    async with session.get(f"{gateway['campaign']}/v1/activities/flash/token", headers=headers) as answer:
        return Customer(told["token"], (await answer.json())["data"]["activity_token"], told["accounts"][0])


async def prepare(topology: dict[str, Any]) -> None:
    """Coupons for pgbench to redeem, of what it has claimed, and points for everybody."""
    host, _, port = primary(topology).rpartition(":")
    database = topology["database"]
    session = await asyncpg.connect(
        host=host, port=int(port), user=database["user"], password=database["password"], database=database["name"]
    )
    try:
        await session.execute(PREPARED)
    finally:
        await session.close()


def measured(topology: dict[str, Any], customers: list[Customer], work: Work, rounds: int, seconds: float) -> list[tuple[float, float]]:
    """Of each round how many a second over HTTP, and by pgbench: 0 where there is no SQL to hold it against."""
    base = topology["gateways"][0][work.service]

    def over_http(for_s: float) -> float:
        asking = [lambda one=one: work.ask(one) for one in customers]
        return asyncio.run(asked_by(base, asking, _OK, for_s)) / for_s

    over_http(1.0)  # warm
    return [
        (over_http(seconds), pgbench(topology, primary(topology), work.sql, seconds, len(customers)) if work.sql else 0.0)
        for _ in range(rounds)
    ]


def row(work: Work, rounds: list[tuple[float, float]]) -> tuple[str, ...]:
    """Of the table."""
    https, sqls = [http for http, _ in rounds], [sql for _, sql in rounds]
    if not work.sql:
        return (work.name, middle(https, "{:.0f}"), "", "", "")
    ratios = [http / sql for http, sql in rounds]
    return (work.name, middle(https, "{:.0f}"), middle(sqls, "{:.0f}"), middle(ratios), spread(ratios))


def main() -> None:
    """Prints the table and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=4)
    made.add_argument("--clients", type=int, default=16)
    options = made.parse_args()
    came: dict[str, list[tuple[float, float]]] = {}
    with world() as topology:
        open_sale(topology)
        customers = asyncio.run(logged_in(topology, options.clients))
        for work in WORKS:
            seconds = options.seconds if work is WORKS[0] else options.seconds / 2  # what is granted lasts for what is redeemed
            came[work.name] = measured(topology, customers, work, options.rounds, seconds)
            if work is WORKS[0]:
                asyncio.run(prepare(topology))
    print(f"{options.clients} clients, {options.rounds} rounds of {options.seconds:g} s, of half as long but for claims")
    show(options.page, "claims", HEAD, [row(work, came[work.name]) for work in WORKS])
    for work in WORKS:
        if work.sql:
            ratios = sorted(http / sql for http, sql in came[work.name])
            figures = {"ratio": round(median(ratios), 3), "least": round(ratios[0], 3), "most": round(ratios[-1], 3)}
            print(json.dumps({"bench": work.name} | figures))


if __name__ == "__main__":
    main()
