"""A gateway as many banks in China have one: a real server for tests.

    GATEWAY_KEY=… GATEWAY_OPS=… python tests/foreign/gateway.py people.csv

Whatever happens, it answers HTTP 200 in GBK: {"code", "msg", "data"}. A request of a customer is a JSON document in GBK with a serial
number that never comes again, Beijing's time, and a signature inside: the MD5 of its fields in their names' order and a key, in capitals.
The login is OAuth2 by a form. People and prizes have been there before. The back office pages as Spring does; its times are Beijing's, and
do not say so. Login, sale and back office are services of their own, each at its own address, the sale's one of IPv6.
"""

import asyncio
import csv
import hashlib
import hmac
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

Json = dict[str, Any]
KIND = "application/json; charset=GBK"
MARK, CLIENT = "UAT-PRESS", "stormdrill-app"
OLDEST_S, BEIJING_S = 60, 8 * 3600
PRIZES = {"JP-A": 20, "JP-B": 10}
FACE_FEN = 5000


class Refused(Exception):
    """The code that the answer carries instead of 0000, and its message."""


def beijing(shape: str = "%Y-%m-%d %H:%M:%S") -> str:
    """The time on its wall."""
    return time.strftime(shape, time.gmtime(time.time() + BEIJING_S))


class Gateway:
    """The service, its books in memory."""

    def __init__(self, people: Path, key: str, operator: str) -> None:
        """`people` have an account and a password each; `key` signs; `operator` opens the back office."""
        with people.open(encoding="gb18030", newline="") as file:
            self.people = {row["账号"]: row for row in csv.DictReader(file)}
        self.key, self.operator = key, operator
        self.tokens: dict[str, str] = {}
        self.serials: set[str] = set()
        self.claims: list[Json] = []
        self.done: dict[str, tuple[str, Json]] = {}
        self.paused = False

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        try:
            code, message, data = "0000", "成功", self.serve(request, await request.read())
        except Refused as refused:
            code, message, data = refused.args[0], refused.args[1], None
        except (KeyError, TypeError, ValueError) as error:
            code, message, data = "E400", f"报文错误: {error!r}", None
        body = json.dumps({"code": code, "msg": message, "data": data}, ensure_ascii=False).encode("gbk", "replace")
        return web.Response(body=body, headers={"Content-Type": KIND})

    def serve(self, request: web.Request, body: bytes) -> Json:
        """By its path."""
        if request.path == "/oauth/token":
            return self.log_in({name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()})
        if request.path.startswith("/ops/"):
            return self.back_office(request, body)
        if request.headers.get("X-Env-Mark") != MARK:
            raise Refused("E403", "生产渠道请勿压测")
        account = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if account is None:
            raise Refused("E401", "请先登录")
        said = self.checked(request, body)
        handlers = {"/api/mkt/stock": self.stock, "/api/mkt/claim": self.claim, "/api/mkt/mine": self.mine}
        return handlers[request.path](account, said)

    def log_in(self, form: dict[str, str]) -> Json:
        """OAuth2's password grant; the password is its digest in capitals."""
        person = self.people.get(form["username"])
        if form["client_id"] != CLIENT or form["client_secret"] != self.key or form["grant_type"] != "password":
            raise Refused("E401", "客户端无效")
        if person is None or hashlib.sha256(person["密码"].encode()).hexdigest().upper() != form["password"]:
            raise Refused("E402", "账号或密码错误")
        token = os.urandom(12).hex()
        self.tokens[token] = form["username"]
        return {"access_token": token, "token_type": "bearer", "expires_in": 7200}

    def checked(self, request: web.Request, body: bytes) -> Json:
        """The document, signed, of now, and with a serial number of its own."""
        if request.headers["Content-Type"] != KIND:
            raise Refused("E415", "仅支持GBK")
        said: Json = json.loads(body.decode("gbk"))
        text = "&".join(f"{name}={value}" for name, value in sorted(said.items()) if name != "sign" and value not in ("", None))
        mine = hashlib.md5(f"{text}&key={self.key}".encode("gbk"), usedforsecurity=False).hexdigest().upper()
        if not hmac.compare_digest(mine, str(said.get("sign", ""))):
            raise Refused("E901", f"验签失败: {text}")
        if len(said["serialNo"]) != 32 or said["serialNo"] in self.serials:
            raise Refused("E902", "流水号重复")
        self.serials.add(said["serialNo"])
        late_s = time.mktime(time.strptime(said["reqTime"], "%Y%m%d%H%M%S")) - time.mktime(
            time.strptime(beijing("%Y%m%d%H%M%S"), "%Y%m%d%H%M%S")
        )
        if abs(late_s) > OLDEST_S:
            raise Refused("E903", "请求超时")
        return said

    def stock(self, _account: str, _said: Json) -> Json:
        """What is left, prize by prize."""
        return {"list": [{"prizeId": prize, "left": self.left(prize), "title": "春季立减券"} for prize in PRIZES]}

    def left(self, prize: str) -> int:
        """How many of a prize there are still."""
        return PRIZES[prize] - sum(claim["prizeId"] == prize for claim in self.claims)

    def claim(self, account: str, said: Json) -> Json:
        """One prize each; the same order number gets the same answer."""
        if not said.get("orderNo"):
            raise Refused("E101", "缺少订单号")
        if said["orderNo"] in self.done:
            owner, answer = self.done[said["orderNo"]]
            if owner != account:
                raise Refused("E104", "订单号重复")
            return answer
        if self.paused:
            raise Refused("B900", "活动已暂停")
        if said["custName"] == "" or said["custName"].isascii():
            raise Refused("E102", "姓名乱码")
        if any(claim["acct"] == account for claim in self.claims):
            raise Refused("M002", "您已领取")
        if self.left(said["prizeId"]) <= 0:
            raise Refused("M001", "已领完")
        number = f"JP{len(self.claims):010d}"
        self.claims.append(
            {
                "claimNo": number,
                "orderNo": said["orderNo"],
                "acct": account,
                "prizeId": said["prizeId"],
                "amt": f"{FACE_FEN / 100:.2f}",
                "status": "S",
                "createTime": beijing(),
            }
        )
        answer = {"claimNo": number, "status": "S", "amt": f"{FACE_FEN / 100:.2f}"}
        self.done[said["orderNo"]] = (account, answer)
        return answer

    def mine(self, account: str, _said: Json) -> Json:
        """A customer's own prizes, behind what they have looked at."""
        seen = {"claimNo": None, "status": "V", "amt": None, "createTime": beijing()}
        return {"content": [seen, *(claim for claim in self.claims if claim["acct"] == account)]}

    def back_office(self, request: web.Request, body: bytes) -> Json:
        """The mark, the switch, and the books."""
        if request.headers.get("X-Ops-Token") != self.operator:
            raise Refused("E403", "无权限")
        if request.path == "/ops/echo":
            return {"mark": request.headers.get("X-Env-Mark")}
        if request.path == "/ops/switch":
            action = parse_qs(body.decode()).get("action", [""])[0]
            self.paused = {"PAUSE": True, "RESUME": False}.get(action, self.paused)
            return {"state": "PAUSED" if self.paused else "RUNNING"}
        books: dict[str, list[Json]] = {
            "/ops/claims": self.claims,
            "/ops/stock": [{"prizeId": prize, "total": total, "left": self.left(prize)} for prize, total in PRIZES.items()],
        }
        rows, page, size = books[request.path], int(request.query["page"]), min(int(request.query["size"]), 20)
        there = rows[page * size : page * size + size]
        return {"content": there, "number": page, "last": (page + 1) * size >= len(rows), "totalElements": len(rows)}


async def listen(gateway: Gateway, prefix: str, host: str) -> str:
    """One of its services, with its own paths alone; gives its address."""
    app = web.Application()
    app.router.add_route("*", prefix + "/{path:.*}", gateway.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    return f"http://{f'[{host}]' if ':' in host else host}:{runner.addresses[0][1]}"


def second_host() -> str:
    """Where the sale is to be had: by IPv6, where this machine has it."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return "::1"
    except OSError:
        return "127.0.0.1"


async def serve(gateway: Gateway) -> None:
    """Until it is ended; says its addresses on stdout once it listens."""
    places = {"/oauth": "127.0.0.1", "/api": second_host(), "/ops": "127.0.0.1"}
    addresses = [await listen(gateway, prefix, host) for prefix, host in places.items()]
    print(*addresses, flush=True)  # noqa: T201 - whoever starts it reads this
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Gateway(Path(sys.argv[1]), os.environ["GATEWAY_KEY"], os.environ["GATEWAY_OPS"])))
