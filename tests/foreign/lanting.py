"""Lanting, a campaign service of a foreign shape: a real server for tests, and the example of docs/attach.md.

    LANTING_SECRET=… LANTING_OPERATOR=… python tests/foreign/lanting.py --port 18080

Every answer is HTTP 200 with a code in the body: {"head": {"code", "msg", "seq"}, "result": {…}}. Every request is signed (HMAC-SHA256 over
method, path, timestamp, nonce and body) and carries the channel mark. Amounts are yuan in texts, times are milliseconds in texts. The
login's token comes in a header, the idempotency key goes into the body, and a prize is granted behind a queue: first accepted, then polled.
All of its books are in this process's memory; handlers never pause while they change them, so each is atomic.
"""

import argparse
import asyncio
import hashlib
import hmac
import itertools
import json
import os
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Json = dict[str, Any]
OLDEST_S = 30
GRANT_S = 0.4
BUSY_AT = 400
PAGE = 500


class Refused(Exception):
    """The code that the answer carries instead of 0000."""

    def __init__(self, code: str, message: str) -> None:
        """A code of Lanting's, and what it says to people."""
        super().__init__(message)
        self.code = code


def yuan(fen: int) -> str:
    """Lanting's way to write an amount."""
    return f"{fen // 100}.{fen % 100:02d}"


def fen_of(text: str) -> int:
    """The amount of such a text."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0")[:2] or 0)


def now_ms() -> int:
    """The server's own time."""
    return int(time.time() * 1000)


class Books:
    """All that Lanting keeps."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.numbers = itertools.count(1)
        self.members: dict[str, Json] = {}
        self.sessions: dict[str, str] = {}
        self.balances: dict[str, int] = {}
        self.entries: list[Json] = []
        self.acts: dict[str, Json] = {}
        self.prizes: dict[tuple[str, str], Json] = {}
        self.pool: Json = {}
        self.done: dict[str, tuple[str, Json, str]] = {}  # by business number: digest of the request, answer, member
        self.rows: dict[str, list[Json]] = defaultdict(list)
        self.claims: dict[str, Json] = {}
        self.packets: dict[str, Json] = {}
        self.vouchers: dict[str, Json] = {}
        self.transfers: dict[str, Json] = {}
        self.held: dict[tuple[str, str, str], int] = defaultdict(int)
        self.paused = False

    def number(self, kind: str) -> str:
        """A new number."""
        return f"{kind}{next(self.numbers):010d}"

    def move(self, source: str, sink: str, fen: int) -> None:
        """Double entry: what one account loses another gains."""
        flow = self.number("F")
        for account, debit, credit in ((source, fen, 0), (sink, 0, fen)):
            self.balances[account] = self.balances.get(account, 0) + credit - debit
            self.entries.append({"flow": flow, "acct": account, "out": yuan(debit), "in": yuan(credit), "ts": str(now_ms())})


Handler = Callable[["Lanting", Json, str], Json]
ROUTES: dict[str, tuple[Handler, bool]] = {}


def route(path: str, *, member: bool = True) -> Callable[[Handler], Handler]:
    """Serves POST `path`; a member must be logged in where `member` is true."""

    def add(handler: Handler) -> Handler:
        ROUTES[path] = (handler, member)
        return handler

    return add


class Lanting:
    """The service."""

    def __init__(self, secret: str, operator: str, *, leaky: bool = False) -> None:
        """`secret` signs; `operator` is the token of the back office. A leaky one repeats the secrets in its answers."""
        self.secret = secret.encode()
        self.operator = operator
        self.leaky = leaky
        self.books = Books()
        self.nonces: set[str] = set()
        self.under_way = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.token = ""

    def check_signature(self, request: web.Request, body: bytes) -> None:
        """Raises Refused for a wrong signature, an old timestamp, or a nonce that has come before."""
        stamp, nonce = request.headers.get("X-Lt-Time", ""), request.headers.get("X-Lt-Nonce", "")
        text = b"&".join([request.method.encode(), request.raw_path.encode(), body, stamp.encode(), nonce.encode()])
        mine = hmac.new(self.secret, text, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mine, request.headers.get("X-Lt-Sign", "")):
            raise Refused("S001", "bad signature")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > OLDEST_S:
            raise Refused("S002", "too old")
        if nonce in self.nonces:
            raise Refused("S003", "replayed")
        self.nonces.add(nonce)

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        body = await request.read()
        self.token = ""
        try:
            self.check_signature(request, body)
            result, code = self.serve(request, json.loads(body or b"{}")), "0000"
        except Refused as refused:
            result, code = {"hint": str(refused)}, refused.code
        except (KeyError, TypeError, ValueError) as error:
            result, code = {"hint": f"cannot be read: {error!r}"}, "P001"
        if result.pop("queued", False):
            code = "0001"
        if self.leaky:
            result["debug"] = f"{self.secret.decode()} {self.operator}"
        answer = {"head": {"code": code, "seq": self.books.number("Q")}, "result": result}
        return web.json_response(answer, headers={"X-Lt-Session": self.token} if self.token else None)

    def serve(self, request: web.Request, said: Json) -> Json:
        """Finds who is meant, and lets the handler work."""
        if request.path not in ROUTES:
            raise Refused("P404", f"no such service: {request.path}")
        handler, needs_member = ROUTES[request.path]
        member = self.books.sessions.get(request.headers.get("X-Lt-Session", ""), "")
        if request.path.startswith("/ops/"):
            if request.headers.get("X-Lt-Operator") != self.operator:
                raise Refused("A001", "no operator")
        elif needs_member and not member:
            raise Refused("A002", "log in")
        if request.path == "/ops/echo.do":
            said = said | {"mark": request.headers.get("X-Channel-Mark", "")}
        return handler(self, said, member)

    def once(self, said: Json, member: str, work: Callable[[], Json]) -> Json:
        """The work of a business number is done once; sent again, it gets the same answer."""
        key = said.get("bizNo")
        if not key:
            raise Refused("I001", "no bizNo")
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        if key in self.books.done:
            before, answer, whose = self.books.done[key]
            if before != digest or whose != member:
                raise Refused("I002", "bizNo was used for something else")
            return dict(answer)
        answer = work()
        self.books.done[key] = (digest, dict(answer), member)
        return answer

    def note(self, table: str, said: Json, member: str, **row: object) -> Json:
        """A row of the back office's books."""
        noted = {"bizNo": said["bizNo"], "member": member, "ts": str(now_ms()), **row}
        if self.leaky:
            noted["remark"] = f"by {self.operator}"
        self.books.rows[table].append(noted)
        return noted


@route("/member/login.do", member=False)
def login(lanting: Lanting, said: Json, _member: str) -> Json:
    """The token goes into a header."""
    member = lanting.books.members.get(said["who"]["member"])
    if member is None or member["mobile"] != said["who"]["mobile"]:
        raise Refused("A003", "unknown member")
    lanting.token = os.urandom(12).hex()
    lanting.books.sessions[lanting.token] = said["who"]["member"]
    return {"acct": member["acct"]}


@route("/acct/query.do")
def balance(lanting: Lanting, said: Json, member: str) -> Json:
    """A member's own balance."""
    account = lanting.books.members[member]["acct"]
    if said["acct"] != account:
        raise Refused("A004", "not yours")
    return {"acct": account, "bal": yuan(lanting.books.balances[account])}


@route("/acct/transfer/check.do")
def precheck(lanting: Lanting, said: Json, member: str) -> Json:
    """Whether a transfer would go through."""
    enough = lanting.books.balances[lanting.books.members[member]["acct"]] >= fen_of(said["amt"])
    return {"ok": "Y" if enough and said["to"] in lanting.books.members else "N"}


@route("/acct/transfer/do.do")
def transfer(lanting: Lanting, said: Json, member: str) -> Json:
    """Money from one member to another."""

    def work() -> Json:
        books, fen = lanting.books, fen_of(said["amt"])
        if said["to"] not in books.members:
            raise Refused("B404", "no such payee")
        source = books.members[member]["acct"]
        if fen <= 0 or books.balances[source] < fen:
            raise Refused("B001", "not enough")
        number = books.number("T")
        books.move(source, books.members[said["to"]]["acct"], fen)
        books.transfers[number] = lanting.note("transfers", said, member, no=number, amt=yuan(fen), st="OK")
        return {"no": number, "amt": yuan(fen), "st": "OK"}

    return lanting.once(said, member, work)


@route("/acct/transfer/query.do")
def transfer_status(lanting: Lanting, said: Json, _member: str) -> Json:
    """How a transfer stands."""
    return {"st": lanting.books.transfers[said["no"]]["st"]}


@route("/mkt/page.do", member=False)
def page(lanting: Lanting, said: Json, _member: str) -> Json:
    """Whatever the app shows: zone, carousel, pop-up, tasks, ranks."""
    return {"slot": said["slot"], "cards": [{"act": act, "title": "春季抢券"} for act in lanting.books.acts]}


@route("/mkt/act.do", member=False)
def activity(lanting: Lanting, said: Json, _member: str) -> Json:
    """An activity and its state."""
    act = lanting.books.acts[said["act"]]
    return {"st": "OPEN" if act["opens"] <= now_ms() < act["closes"] else "SHUT", "now": str(now_ms())}


@route("/mkt/beacon.do", member=False)
def beacon(_lanting: Lanting, said: Json, _member: str) -> Json:
    """What the app has seen."""
    return {"n": len(said["seen"])}


@route("/mkt/left.do", member=False)
def left(lanting: Lanting, said: Json, _member: str) -> Json:
    """What is left of each prize."""
    mine = [prize for (act, _), prize in lanting.books.prizes.items() if act == said["act"]]
    return {"prizes": [{"code": prize["code"], "left": prize["total"] - prize["out"]} for prize in mine]}


@route("/mkt/ticket.do")
def ticket(lanting: Lanting, said: Json, member: str) -> Json:
    """The ticket that a grab needs."""
    return {"ticket": hmac.new(lanting.secret, f"{member}{said['act']}".encode(), hashlib.md5).hexdigest()}


@route("/mkt/grab.do")
def grab(lanting: Lanting, said: Json, member: str) -> Json:
    """Takes a prize from stock at once; a queue grants it a moment later."""
    books, goods = lanting.books, said["goods"]
    if books.paused:
        raise Refused("K001", "paused by the operator")
    if lanting.under_way > BUSY_AT:
        raise Refused("K002", "busy")

    def work() -> Json:
        act, prize, held = books.acts[goods["act"]], books.prizes[goods["act"], goods["code"]], (member, goods["act"], goods["batch"])
        if goods["ticket"] != ticket(lanting, goods, member)["ticket"]:
            raise Refused("M005", "no ticket")
        if not act["opens"] <= now_ms() < act["closes"]:
            raise Refused("M003", "not open")
        if books.held[held] >= act["cap"]:
            raise Refused("M002", "you have yours")
        if prize["out"] >= prize["total"]:
            raise Refused("M001", "sold out")
        prize["out"] += 1
        books.held[held] += 1
        number = books.number("G")
        claim = lanting.note(
            "grants", said, member, no=number, act=goods["act"], code=goods["code"], batch=goods["batch"], worth=prize["worth"], st="QUEUED"
        )
        books.claims[number] = claim
        grant = asyncio.get_running_loop().create_task(_grant(lanting, claim))
        lanting.tasks.add(grant)
        grant.add_done_callback(lanting.tasks.discard)
        return {"no": number, "st": "QUEUED", "queued": True}

    return lanting.once(said, member, work)


async def _grant(lanting: Lanting, claim: Json) -> None:
    lanting.under_way += 1
    await asyncio.sleep(GRANT_S)
    lanting.under_way -= 1
    voucher = lanting.books.number("V")
    lanting.books.vouchers[voucher] = {"owner": claim["member"], "worth": claim["worth"], "used": False}
    claim |= {"st": "DONE", "voucher": voucher}


@route("/mkt/grab/query.do")
def grab_status(lanting: Lanting, said: Json, member: str) -> Json:
    """How a grab stands; the voucher, once there is one."""
    claim = lanting.books.claims[said["no"]]
    if claim["member"] != member:
        raise Refused("A004", "not yours")
    return {"st": claim["st"], **({"voucher": claim["voucher"], "worth": claim["worth"]} if claim["st"] == "DONE" else {})}


@route("/mkt/vouchers.do")
def vouchers(lanting: Lanting, _said: Json, member: str) -> Json:
    """A member's vouchers."""
    return {"list": [number for number, voucher in lanting.books.vouchers.items() if voucher["owner"] == member]}


@route("/mkt/use.do")
def use(lanting: Lanting, said: Json, member: str) -> Json:
    """Redeems a voucher: the bank's marketing account pays."""

    def work() -> Json:
        voucher = lanting.books.vouchers[said["voucher"]]
        if voucher["owner"] != member:
            raise Refused("A004", "not yours")
        if voucher["used"]:
            raise Refused("M006", "used")
        if said["amt"] != voucher["worth"]:
            raise Refused("M007", "another amount")
        voucher["used"] = True
        lanting.books.move("HOUSE-MKT", lanting.books.members[member]["acct"], fen_of(voucher["worth"]))
        number = lanting.books.number("U")
        lanting.note("uses", said, member, no=number, voucher=said["voucher"], amt=voucher["worth"], st="OK")
        return {"no": number, "amt": voucher["worth"], "st": "OK"}

    return lanting.once(said, member, work)


@route("/mkt/sign-in.do")
def sign_in(lanting: Lanting, said: Json, member: str) -> Json:
    """Once a day, with a red packet behind it."""

    def work() -> Json:
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
        if any(row["member"] == member and row["day"] == day for row in lanting.books.rows["signins"]):
            raise Refused("M002", "you have yours")
        number, packet = lanting.books.number("D"), lanting.books.number("R")
        lanting.books.packets[packet] = {"owner": member, "opened": False}
        lanting.note("signins", said, member, no=number, day=day, st="OK")
        return {"no": number, "packet": packet, "days": 1}

    return lanting.once(said, member, work)


@route("/mkt/packet/open.do")
def open_packet(lanting: Lanting, said: Json, member: str) -> Json:
    """A sum from the pool, while there is any."""

    def work() -> Json:
        packet, pool = lanting.books.packets[said["packet"]], lanting.books.pool
        if packet["owner"] != member or packet["opened"]:
            raise Refused("M006", "used")
        fen = min(pool["most"], pool["left"])
        if fen < pool["least"]:
            raise Refused("M001", "pool empty")
        packet["opened"] = True
        pool["left"] -= fen
        lanting.books.move("HOUSE-MKT", lanting.books.members[member]["acct"], fen)
        lanting.note("packets", said, member, no=said["packet"], amt=yuan(fen), st="OPENED")
        return {"no": said["packet"], "amt": yuan(fen)}

    return lanting.once(said, member, work)


@route("/mkt/sign-in/days.do")
def days(lanting: Lanting, _said: Json, member: str) -> Json:
    """How many days in a row."""
    return {"days": sum(row["member"] == member for row in lanting.books.rows["signins"])}


@route("/ops/echo.do")
def echo(_lanting: Lanting, said: Json, _member: str) -> Json:
    """Repeats the channel mark."""
    return {"mark": said["mark"]}


@route("/ops/switch.do")
def switch(lanting: Lanting, said: Json, _member: str) -> Json:
    """The emergency brake: looked at, pulled, released."""
    if said.get("turn") in ("ON", "OFF"):
        lanting.books.paused = said["turn"] == "OFF"
        lanting.books.rows["log"].append({"who": "operator", "what": f"switch {said['turn']}", "ts": str(now_ms())})
    return {"sale": "OFF" if lanting.books.paused else "ON"}


@route("/ops/members.do")
def enrol(lanting: Lanting, said: Json, _member: str) -> Json:
    """New members, with money from the house."""
    for entry in said["members"]:
        if entry["member"] not in lanting.books.members:
            lanting.books.members[entry["member"]] = {"mobile": entry["mobile"], "acct": f"6-{entry['member']}"}
            lanting.books.balances[f"6-{entry['member']}"] = 0
            lanting.books.move("HOUSE-CASH", f"6-{entry['member']}", fen_of(entry["money"]))
    return {"n": len(said["members"])}


@route("/ops/act/put.do")
def put_activity(lanting: Lanting, said: Json, _member: str) -> Json:
    """Sets an activity up; one that is put again starts anew, and its old grants go into the archive."""
    act, books = said["act"], lanting.books
    old = [row for row in books.rows["grants"] if row["act"] == act["no"]]
    books.rows["archive"] += old
    books.rows["grants"] = [row for row in books.rows["grants"] if row["act"] != act["no"]]
    books.held = defaultdict(int, {held: count for held, count in books.held.items() if held[1] != act["no"]})
    books.prizes = {place: prize for place, prize in books.prizes.items() if place[0] != act["no"]}
    books.acts[act["no"]] = {"opens": act["opens"], "closes": act["closes"], "cap": act["cap"]}
    for entry in act["goods"]:
        books.prizes[act["no"], entry["code"]] = entry | {"out": 0, "batch": act["batch"]}
    books.pool = {name: fen_of(said["pool"][name]) for name in ("total", "least", "most")}
    books.pool["left"] = books.pool["total"]
    books.rows["log"].append({"who": "operator", "what": f"put {act['no']}", "ts": str(now_ms())})
    return {}


@route("/ops/query.do")
def query(lanting: Lanting, said: Json, _member: str) -> Json:
    """The back office's books, page by page; of one activity, where one is named."""
    books = lanting.books
    made: dict[str, Callable[[], list[Json]]] = {
        "goods": lambda: [{"act": act, **prize, "left": prize["total"] - prize["out"]} for (act, _), prize in books.prizes.items()],
        "flows": lambda: books.entries,
        "accts": lambda: [
            {"acct": account, "bal": yuan_signed(fen), "owner": None if account.startswith("HOUSE") else account[2:]}
            for account, fen in books.balances.items()
        ],
        "acts": lambda: [
            {
                "act": number,
                "opens": str(act["opens"]),
                "closes": str(act["closes"]),
                "cap": act["cap"],
                "pool": {name: yuan(fen) for name, fen in books.pool.items()},
            }
            for number, act in books.acts.items()
        ],
    }
    rows = made[said["table"]]() if said["table"] in made else books.rows[said["table"]]
    rows = [row for row in rows if said.get("act") in (None, row.get("act"))]
    start = (int(said["pageNo"]) - 1) * PAGE
    return {"list": rows[start : start + PAGE], "more": start + PAGE < len(rows)}


def yuan_signed(fen: int) -> str:
    """As `yuan`, below zero too."""
    return ("-" if fen < 0 else "") + yuan(abs(fen))


def main() -> None:
    """Serves until it is ended; says its address on stdout once it listens."""
    parser = argparse.ArgumentParser(description="Lanting, a campaign service of a foreign shape")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--leaky", action="store_true", help="repeat the secrets in answers and books")
    options = parser.parse_args()
    lanting = Lanting(os.environ["LANTING_SECRET"], os.environ["LANTING_OPERATOR"], leaky=options.leaky)

    async def serve() -> None:
        app = web.Application(client_max_size=16_000_000)
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]] = lanting.answer
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", options.port)
        await site.start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)  # noqa: T201 - whoever starts it reads this
        await asyncio.Event().wait()

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
