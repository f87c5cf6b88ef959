"""Lanting's counter: what it serves, a function for each path."""

import asyncio
import hashlib
import hmac
import os
import time
from collections import defaultdict
from collections.abc import Callable

from lanting_service import GRANT_S, PAGE, Json, Lanting, Refused, fen_of, now_ms, route, yuan

BUSY_AT = 400


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
        books.move(source, books.members[said["to"]]["acct"], fen - 10 if lanting.crooked else fen)
        books.transfers[number] = lanting.note(
            "transfers", said, member, no=number, amt=yuan(fen), st="OK", src=source, dst=books.members[said["to"]]["acct"]
        )
        return {"no": number, "amt": yuan(fen), "st": "OK"}

    return lanting.once(said, member, work)


@route("/acct/transfer/query.do")
def transfer_status(lanting: Lanting, said: Json, member: str) -> Json:
    """How a transfer stands, to whom it is from or to."""
    found = lanting.books.transfers.get(said["no"])
    if found is None or lanting.books.members[member]["acct"] not in (found["src"], found["dst"]):
        raise Refused("P001", "no such transfer")
    return {"st": found["st"]}


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
def beacon(lanting: Lanting, said: Json, _member: str) -> Json:
    """What the app has seen."""
    lanting.books.seen += len(said["seen"])
    return {"n": len(said["seen"])}


@route("/mkt/left.do", member=False)
def left(lanting: Lanting, said: Json, _member: str) -> Json:
    """What is left of each prize."""
    mine = [prize for (act, _), prize in lanting.books.prizes.items() if act == said["act"]]
    return {"prizes": [{"code": prize["code"], "batch": prize["batch"], "left": prize["total"] - prize["out"]} for prize in mine]}


@route("/mkt/ticket.do")
def ticket(lanting: Lanting, said: Json, member: str) -> Json:
    """The ticket that a grab needs."""
    return {"ticket": hmac.new(lanting.secret, f"{member}{said['act']}".encode(), hashlib.md5).hexdigest()}


@route("/mkt/grab.do")
def grab(lanting: Lanting, said: Json, member: str) -> Json:
    """Takes a prize from stock at once; a queue grants it a moment later."""
    books, goods = lanting.books, said["goods"]
    if books.paused and not lanting.deaf:
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
        number, code = books.number("G"), "another" if lanting.crooked else goods["code"]
        claim = lanting.note(
            "grants", said, member, no=number, act=goods["act"], code=code, batch=goods["batch"], worth=prize["worth"], st="QUEUED"
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
        if lanting.books.members[member]["tier"] not in ("new", "active", "gold"):
            raise Refused("M009", "for members of a tier alone")
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


@route("/mkt/sign-in/bonus.do")
def bonus(lanting: Lanting, said: Json, member: str) -> Json:
    """For so many days in a row, and before these for nobody."""

    def work() -> Json:
        if days(lanting, said, member)["days"] < said["days"]:
            raise Refused("M002", "not yet")
        lanting.note("bonuses", said, member, no=(number := lanting.books.number("N")), st="OK")
        return {"no": number}

    return lanting.once(said, member, work)


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


@route("/ops/accounts.do")
def accounts(lanting: Lanting, said: Json, _member: str) -> Json:
    """The core behind the accounts, looked at, taken out of service and put back, for exercises."""
    if said.get("turn") in ("IN", "OUT"):
        lanting.books.out = said["turn"] == "OUT"
    return {"core": "OUT" if lanting.books.out else "IN"}


@route("/ops/members.do")
def enrol(lanting: Lanting, said: Json, _member: str) -> Json:
    """New members, with money from the house."""
    for entry in said["members"]:
        if entry["member"] not in lanting.books.members:
            lanting.books.members[entry["member"]] = {"mobile": entry["mobile"], "acct": f"6-{entry['member']}", "tier": entry.get("tier")}
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
    books.seen = 0
    books.rows["log"].append({"who": "operator", "what": f"put {act['no']}", "ts": str(now_ms())})
    return {}


@route("/ops/query.do")
def query(lanting: Lanting, said: Json, _member: str) -> Json:
    """The back office's books, page by page; of one activity, where one is named."""
    books = lanting.books
    made: dict[str, Callable[[], list[Json]]] = {
        "seen": lambda: [{"what": "view", "n": books.seen}],
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
    size = min(int(said.get("pageSize", PAGE)), PAGE)
    start = (int(said["pageNo"]) - 1) * size
    total = {"total": sum(fen for fen in books.balances.values() if fen > 0)} if said["table"] == "accts" else {}  # of money, not of rows
    return {"list": rows[start : start + size], "more": start + size < len(rows), **total}


def yuan_signed(fen: int) -> str:
    """As `yuan`, below zero too."""
    return ("-" if fen < 0 else "") + yuan(abs(fen))
