"""A web shop behind a form, as far as a client sees of it: a real server for tests.

    SHOP_OFFICE=… SHOP_KEY=… python tests/foreign/web/server.py

Who is enrolled is told a password. One logs in by a page with a hidden field; the session is a cookie that lives for seconds, and who has
none is led back to that page. What the shop answers is encrypted as a whole, but for its pages and its errors. The back office has a token,
and pages by offset.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from aiohttp import web
from shop_cipher import sealed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LIVES_S = 5
STOCK = {"tea": 400, "cup": 200}
FACE_FEN = 300
LOGIN = "/login"


class Shop:
    """The service, its books in memory."""

    def __init__(self, office: str, key: str) -> None:
        """The back office's token, and what answers are encrypted with."""
        self.office, self.key = office, key.encode()
        self.pages: set[str] = set()
        self.passwords: dict[str, str] = {}
        self.sessions: dict[str, tuple[str, float]] = {}
        self.coupons: list[dict[str, Any]] = []
        self.open = True

    async def page(self, _request: web.Request) -> web.Response:
        """The form, and with it a session of nobody's."""
        self.pages.add(csrf := uuid4().hex)
        form = f'<form method="post"><input name="user"><input type="hidden" name="_csrf" value="{csrf}"></form>'
        answer = web.Response(text=form, content_type="text/html")
        answer.set_cookie("SID", uuid4().hex)
        return answer

    async def login(self, request: web.Request) -> web.Response:
        """A session, where the form is one of ours; else the page once more."""
        said = await request.post()
        password = self.passwords.get(str(said.get("user")))
        if said.get("_csrf") not in self.pages or not request.cookies.get("SID") or not password or said.get("password") != password:
            raise web.HTTPFound(LOGIN)
        answer = web.Response(status=302, headers={"Location": "/shop/home"})
        self.sessions[sid := uuid4().hex] = (str(said["user"]), time.monotonic() + LIVES_S)
        answer.set_cookie("SID", sid, max_age=LIVES_S)
        return answer

    def who(self, request: web.Request) -> str:
        """Whose session it is."""
        who, until = self.sessions.get(request.cookies.get("SID", ""), ("", 0.0))
        if until < time.monotonic():
            raise web.HTTPFound(f"{LOGIN};from=shop?next={request.path}")
        return who

    def secret(self, document: object) -> web.Response:
        """An answer that only those can read who have the key."""
        return web.Response(text=sealed(json.dumps(document).encode(), self.key))

    async def stock(self, request: web.Request) -> web.Response:
        """What is left."""
        self.who(request)
        return self.secret([{"sku": sku, "left": self.left(sku)} for sku in STOCK])

    async def mine(self, request: web.Request) -> web.Response:
        """The customer's coupons."""
        who = self.who(request)
        return self.secret({"coupons": [{"id": coupon["id"], "fen": coupon["fen"]} for coupon in self.coupons if coupon["who"] == who]})

    async def claim(self, request: web.Request) -> web.Response:
        """A coupon; the same key gets the same answer."""
        who, said, key = self.who(request), await request.post(), request.headers.get("Idempotency-Key", "")
        if not key:
            return web.json_response({"error": "NO_KEY"}, status=400)
        made = next((coupon for coupon in self.coupons if coupon["key"] == key), None)
        if made and made["who"] != who:
            return web.json_response({"error": "OTHER_KEY"}, status=422)
        if made is None and (refused := self.refused(who, str(said["sku"]))):
            return web.json_response({"error": refused}, status=503 if refused == "CLOSED" else 403)
        if made is None:
            made = {
                "id": f"W{len(self.coupons)}",
                "key": key,
                "who": who,
                "sku": said["sku"],
                "fen": FACE_FEN,
                "at": int(time.time() * 1000),
            }
            self.coupons.append(made)
        return self.secret({"id": made["id"], "fen": made["fen"]})

    def refused(self, who: str, sku: str) -> str:
        """Why there is none."""
        if not self.open:
            return "CLOSED"
        if any(coupon["who"] == who for coupon in self.coupons):
            return "HAS_ONE"
        return "" if self.left(sku) > 0 else "SOLD_OUT"

    def left(self, sku: str) -> int:
        """How many there still are."""
        return STOCK[sku] - sum(coupon["sku"] == sku for coupon in self.coupons)

    async def enrol(self, request: web.Request) -> web.Response:
        """A customer, who gets a password."""
        who = str((await request.post())["user"])
        self.passwords[who] = uuid4().hex
        return self.secret({"welcome": {"password": self.passwords[who]}})

    async def health(self, _request: web.Request) -> web.Response:
        """Whether all is well here, as whoever watches the shop asks; in plain."""
        lag_ms = len(self.coupons) % 7
        return web.json_response({"well": self.open, "why": None if self.open else "the door is shut", "writers": ["till"], "lag": lag_ms})

    async def back_office(self, request: web.Request) -> web.Response:
        """The mark, the switch, and the books."""
        if request.headers.get("X-Office") != self.office:
            return web.json_response({"error": "NOT_YOURS"}, status=403)
        what = request.match_info["what"]
        if what == "people":
            return await self.enrol(request)
        if what == "mark":
            return self.secret({"mark": request.headers.get("X-Drill")})
        if what == "door":
            self.open = {"open": True, "shut": False}.get(str((await request.post()).get("turn")), self.open)
            return self.secret({"open": self.open})
        stock = [{"sku": sku, "initial": initial, "left": self.left(sku)} for sku, initial in STOCK.items()]
        rows: list[dict[str, Any]] = {"coupons": self.coupons, "stock": stock}[what]
        begin, size = int(request.query["offset"]), min(int(request.query["limit"]), 50)
        return self.secret({"rows": rows[begin : begin + size], "total": len(rows)})


async def serve(shop: Shop) -> None:
    """Until it is ended; says its address on stdout once it listens."""
    app = web.Application()
    app.router.add_get(LOGIN, shop.page)
    app.router.add_post(LOGIN, shop.login)
    app.router.add_get("/shop/stock", shop.stock)
    app.router.add_get("/shop/mine", shop.mine)
    app.router.add_post("/shop/claim", shop.claim)
    app.router.add_get("/health", shop.health)
    app.router.add_route("*", "/office/{what}", shop.back_office)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)  # noqa: T201 - whoever starts it reads this
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Shop(os.environ["SHOP_OFFICE"], os.environ["SHOP_KEY"])))
