"""What customers do over the whole embedded world, a second, against pgbench running the same SQL on the same pair of databases.

    python -m bench.claims [--rounds 3] [--seconds 4] [--clients 16] [--write]

Rounds are interleaved, and both sides are synchronously replicated. They act for the same customers, who are many: what a claim costs grows
with what its customer was granted before. Claims grant prizes of one SKU; redemptions are of the coupons that the claims granted, each
asked of its supplier besides; an exchange of points is begun, asked of its supplier, and settled; friends who have been invited are
verified, three at a time, and every third earns a coupon. Balances are read. Beside it the CPU time that each part spends on one of them.
"""

import asyncio
import json
import math
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from statistics import median
from typing import Any

import aiohttp
import asyncpg
import requests

from bench.kit.closed_loop import asked_by
from bench.kit.embedded import PARTS, pgbench, primary, spent_s, world
from bench.kit.goals import report
from bench.kit.page import middle, parser, show, spread

HEAD = ("a second", "over the whole world", "pgbench, the same SQL", "ratio", "least to most")
PARTS_HEAD = ("CPU time of one, ms", *PARTS, "together", "the bench's customers")
CUSTOMERS = 1800  # as in the SQL
FRIENDS_A_SECOND = 6000  # more than either side verifies
ACTIVITY = {"id": "flash", "batch": "b1", "sku": "sku-1"}
FACE_FEN = 100  # as in the SQL
CLAIM = """\\set customer random(0, 1799)
select code, data from campaign.claim(gen_random_uuid()::text, '', (:customer)::text, 'flash', 'sku-1', 'b1', 'pgbench', 'A');
"""
REDEMPTION = """with this as materialized (select nextval('bench_coupon') as n)
select r.code from this join bench_coupons c using (n),
       lateral campaign.redeem(gen_random_uuid()::text, '', c.customer_no, c.coupon_code, 'o', 100, 'A') r;
"""
EXCHANGE = """\\set key random(1, 1000000000000000)
\\set customer random(0, 1799)
select code from campaign.begin_exchange('k' || :key, '', (:customer)::text, 'bench', 'card', 'A');
select code from campaign.settle_exchange('EX-k' || :key, 'FULFILLED', 'A');
"""
VERIFICATION = """with this as materialized (select nextval('bench_friend') as n)
select v.code from this join bench_friends f using (n),
       lateral campaign.verify_invitee(gen_random_uuid()::text, '', f.customer_no, f.acceptance_id, campaign.epoch_ms(now()), 'A') v;
"""
PREPARED = """
create table bench_coupons as
  select row_number() over () as n, 'CP-' || idempotency_key as coupon_code, customer_no from campaign.grants where device = 'pgbench';
create unique index on bench_coupons (n);
create sequence bench_coupon cache 1;
insert into campaign.points_accounts (campaign_id, customer_no, balance)
  select 'bench', i::text, 1000000000 from generate_series(0, 1799) i;
insert into campaign.invitees (campaign_id, invitee, inviter, acceptance_id, idempotency_key, accepted_at, accepted_site)
  select campaign_id, i::text, 'host-' || i / 3, 'IA-' || campaign_id || '-' || i, campaign_id || '-' || i, now() - interval '1 hour', 'A'
    from campaign.campaigns, generate_series(0, 1799) i where campaign_id like 'invite-%';
create table bench_friends as
  select row_number() over (order by campaign_id, invitee::integer) as n, acceptance_id, invitee as customer_no
    from campaign.invitees where campaign_id like 'invite-sql-%';
create unique index on bench_friends (n);
create sequence bench_friend cache 1;
analyze bench_coupons, bench_friends, campaign.invitees;
"""
PAID = "update campaign.outbox set state = 'PAID', settled_at = now() where state = 'PENDING'"
LEFT = """
select (select count(*) from bench_coupons) > (select last_value from bench_coupon)
   and (select count(*) from bench_friends) > (select last_value from bench_friend)
"""
_OK = b'"code":"OK"'


@dataclass
class Customer:
    """One that has logged in and been verified, and the coupons that it may redeem."""

    no: int
    bearer: str
    token: str  # of the activity
    account: str
    proof: str  # of who it is
    keys: list[str] = field(default_factory=list)  # of claims
    friends: Iterator[int] = field(default_factory=count)  # campaigns by whose invitation it has come

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

    def verification(self) -> bytes:
        """That of a friend whom somebody has invited."""
        path = f"/v1/acceptances/IA-invite-http-{next(self.friends)}-{self.no}/verifications"
        return self._posts(path, {"verification_token": self.proof}, str(uuid.uuid4()))

    def balance(self) -> bytes:
        """A look at its account."""
        return f"GET /bank/v1/accounts/{self.account} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.bearer}\r\n\r\n".encode()

    def _posts(self, path: str, body: dict[str, object], key: str) -> bytes:
        text = json.dumps(body)
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.bearer}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(text)}\r\nIdempotency-Key: {key}\r\n\r\n{text}".encode()


@dataclass(frozen=True)
class Work:
    """What is done, over which service, and its SQL and its goal where it is held against that."""

    name: str
    one: str
    service: str
    ask: Callable[[Customer], bytes]
    sql: str = ""
    goal: str = ""


@dataclass(frozen=True)
class Round:
    """How many a second over HTTP and by pgbench, 0 where there is no SQL; CPU time of one over HTTP by part, the customers' last."""

    http: float
    sql: float
    parts_ms: Sequence[float]


WORKS = (
    Work("claims granted", "a claim", "campaign", Customer.claim, CLAIM, "world-claims"),
    Work("coupons redeemed", "a redemption", "campaign", Customer.redemption, REDEMPTION, "world-redemptions"),
    Work("points exchanged", "an exchange", "campaign", Customer.exchange, EXCHANGE, "world-exchanges"),
    Work("friends verified, three a coupon", "a friend", "campaign", Customer.verification, VERIFICATION, "world-friends"),
    Work("balances read", "a balance", "bank", Customer.balance, goal="world-reads"),
)


def open_sale(topology: dict[str, Any], friends: int) -> None:
    """Customers, a sale with more stock than both sides can grant, and campaigns by whose invitations so many friends have come to each."""
    gateway, headers = topology["gateways"][0], {"X-Operator-Token": topology["operator_token"]}
    people = [{"no": str(no), "name": "甲", "phone": f"142{no:08d}"} for no in range(CUSTOMERS)]
    with requests.Session() as session:
        session.headers.update(headers)
        goods = {"goods": [{"id": "card", "points": 1, "face_fen": FACE_FEN}]}
        invite = {"invite": {"friends": 3, "face_fen": FACE_FEN, "coupons": CUSTOMERS}}
        names = [f"invite-{side}-{number}" for side in ("http", "sql") for number in range(-(-friends // CUSTOMERS))]
        bodies = [_campaign("bench", ACTIVITY["id"], 1_000_000) | goods, *(_campaign(name, name, 1) | invite for name in names)]
        session.post(f"{gateway['bank']}/bank/v1/ops/customers", json={"customers": people}, timeout=60).raise_for_status()
        for body in bodies:
            session.post(f"{gateway['campaign']}/v1/ops/campaigns", json=body, timeout=60).raise_for_status()


def _campaign(name: str, activity: str, stock: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    opens, closes = ((now + timedelta(hours=hours)).isoformat() for hours in (-2, 1))
    sku = {"sku": ACTIVITY["sku"], "batch": ACTIVITY["batch"], "stock": stock, "face_fen": FACE_FEN}
    window = {"id": activity, "opens_at": opens, "closes_at": closes, "per_customer_cap": 1_000_000, "skus": [sku]}
    return {"id": name, "start_at": opens, "end_at": closes, "activities": [window]}


async def logged_in(topology: dict[str, Any]) -> list[Customer]:
    """All customers."""
    gateway = topology["gateways"][0]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session:
        return await asyncio.gather(*(_logged_in(session, gateway, no) for no in range(CUSTOMERS)))


async def _logged_in(session: aiohttp.ClientSession, gateway: dict[str, str], no: int) -> Customer:
    async def said(method: str, url: str, **more: Any) -> dict[str, Any]:
        async with session.request(method, url, **more) as answer:
            answer.raise_for_status()
            told: dict[str, Any] = (await answer.json())["data"]
            return told

    bank, campaign = gateway["bank"], gateway["campaign"]
    came = await said("POST", f"{bank}/bank/v1/sessions", json={"no": str(no), "phone": f"142{no:08d}"})
    headers = {"Authorization": f"Bearer {came['token']}"}
    leave = await said("GET", f"{campaign}/v1/activities/{ACTIVITY['id']}/token", headers=headers)
    keyed = headers | {"Idempotency-Key": str(uuid.uuid4())}
    verified = await said("POST", f"{bank}/bank/v1/kyc", headers=keyed, json={"id_no": f"bench-{no}"})
    proof = await said("GET", f"{bank}/bank/v1/kyc/{verified['kyc_id']}", headers=headers)
    return Customer(no, came["token"], leave["activity_token"], came["accounts"][0], proof["verification_token"])


@asynccontextmanager
async def session_of(topology: dict[str, Any]) -> AsyncIterator[Any]:
    """A session of the primary's."""
    host, _, port = primary(topology).rpartition(":")
    database = topology["database"]
    session = await asyncpg.connect(
        host=host, port=int(port), user=database["user"], password=database["password"], database=database["name"]
    )
    try:
        yield session
    finally:
        await session.close()


async def prepare(topology: dict[str, Any]) -> None:
    """Coupons for pgbench to redeem, of what it has claimed; points for everybody; friends who have come by an invitation."""
    async with session_of(topology) as session:
        await session.execute(PREPARED)


async def pay(topology: dict[str, Any]) -> None:
    """All that the campaigns owe is paid."""
    async with session_of(topology) as session:
        await session.execute(PAID)


async def all_done(topology: dict[str, Any]) -> bool:
    """Whether pgbench had coupons and friends until its end: without them it would have had nothing to do."""
    async with session_of(topology) as session:
        return bool(await session.fetchval(LEFT))


def measured(topology: dict[str, Any], customers: list[Customer], work: Work, clients: int, rounds: int, seconds: float) -> list[Round]:
    """Rounds of so many seconds on each side, one after the other."""
    base = topology["gateways"][0][work.service]
    turns = [cycle(customers[number::clients]) for number in range(clients)]

    def over_http(for_s: float) -> tuple[float, list[float]]:
        asking = [lambda turn=turn: work.ask(next(turn)) for turn in turns]
        before = _spent_s(topology)
        done = asyncio.run(asked_by(base, asking, _OK, for_s))
        return done / for_s, [(now - then) / done * 1000 for now, then in zip(_spent_s(topology), before, strict=True)]

    over_http(1.0)  # warm
    return [
        Round(http, _by_pgbench(topology, work.sql, seconds, clients) if work.sql else 0.0, parts_ms)
        for http, parts_ms in (over_http(seconds) for _ in range(rounds))
    ]


def _by_pgbench(topology: dict[str, Any], sql: str, seconds: float, clients: int) -> float:
    """What it owes after that is paid at once: the nodes would deliver it for seconds, while the next round is measured."""
    rate = pgbench(topology, primary(topology), sql, seconds, clients)
    asyncio.run(pay(topology))
    return rate


def _spent_s(topology: dict[str, Any]) -> list[float]:
    return [*spent_s(topology).values(), time.process_time()]


def row(work: Work, rounds: Sequence[Round]) -> tuple[str, ...]:
    """Of the table."""
    https, sqls = [each.http for each in rounds], [each.sql for each in rounds]
    if not work.sql:
        return (work.name, middle(https, "{:.0f}"), "", "", "")
    ratios = [each.http / each.sql for each in rounds]
    return (work.name, middle(https, "{:.0f}"), middle(sqls, "{:.0f}"), middle(ratios), spread(ratios))


def parts_row(work: Work, rounds: Sequence[Round]) -> tuple[str, ...]:
    """Of the table of CPU times."""
    *parts, bench = zip(*(each.parts_ms for each in rounds), strict=True)
    together = [sum(each.parts_ms[:-1]) for each in rounds]
    return (work.one, *(middle(part, "{:.3f}") for part in (*parts, together, bench)))


def main() -> None:
    """Prints the tables, how the goals stand, and a line of JSON for each ratio."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=4)
    made.add_argument("--clients", type=int, default=16)
    options = made.parse_args()
    came: dict[Work, list[Round]] = {}
    with world() as topology:
        open_sale(topology, math.ceil(FRIENDS_A_SECOND * (1 + options.rounds * options.seconds / 2)))
        customers = asyncio.run(logged_in(topology))
        for work in WORKS:
            seconds = options.seconds if work is WORKS[0] else options.seconds / 2  # what is granted lasts for what is redeemed
            came[work] = measured(topology, customers, work, options.clients, options.rounds, seconds)
            if work is WORKS[0]:
                asyncio.run(prepare(topology))
        if not asyncio.run(all_done(topology)):
            raise SystemExit("bench: pgbench had no coupon, or no friend, left at the end; ask for fewer or shorter rounds")
    print(f"{options.clients} clients, {options.rounds} rounds of {options.seconds:g} s, of half as long but for claims")
    show(options.page, "claims", HEAD, [row(work, came[work]) for work in WORKS])
    show(options.page, "claim parts", PARTS_HEAD, [parts_row(work, came[work]) for work in WORKS])
    report(options.page, {work.goal: median(each.http / (each.sql or 1) for each in came[work]) for work in WORKS})
    for work in WORKS:
        if work.sql:
            ratios = sorted(each.http / each.sql for each in came[work])
            figures = {"ratio": round(median(ratios), 3), "least": round(ratios[0], 3), "most": round(ratios[-1], 3)}
            print(json.dumps({"bench": work.name} | figures))


if __name__ == "__main__":
    main()
