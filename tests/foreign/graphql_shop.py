"""A shop that speaks GraphQL, as far as a client sees of it: a real server for tests.

    SHOP_OPS=… python tests/foreign/graphql_shop.py

One path for all, and HTTP 200 for all: what is wrong stands in `errors`, each with a code in its `extensions`, and `data` is null then.
Tokens live for some seconds, and are refreshed. The back office logs in by its own credentials, and pages its books by a cursor.
"""

import asyncio
import os
import re
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

Json = dict[str, Any]
MARK = "rehearsal"
STOCK = {"A-100": 400, "B-200": 200}
FACE_FEN = 5000
LIVES_S = 3
FIRST_FIELD = re.compile(r"^\s*(?:query|mutation)\b[^{]*\{\s*(\w+)(?:\s*:\s*(\w+))?")
DECLARED = re.compile(r"\$(\w+)\s*:\s*(\w+)(!?)")


class Refused(Exception):
    """The code of the error, and its message."""


class Shop:
    """The service, its books in memory."""

    def __init__(self, secret: str) -> None:
        """`secret` is the back office's."""
        self.secret = secret
        self.sessions: dict[str, tuple[str, float]] = {}
        self.refreshes: dict[str, str] = {}
        self.coupons: list[Json] = []
        self.done: dict[str, tuple[str, Json]] = {}
        self.paused = False

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        try:
            said = await request.json()
            alias, field = self.checked(said)
            return web.json_response({"data": {alias: self.serve(field, said.get("variables") or {}, request)}})
        except Refused as refused:
            errors = [{"message": refused.args[1], "extensions": {"code": refused.args[0]}}]
            return web.json_response({"data": None, "errors": errors})
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"data": None, "errors": [{"message": repr(error), "extensions": {"code": "BAD_USER_INPUT"}}]})

    @staticmethod
    def checked(said: Json) -> tuple[str, str]:
        """How the field at the document's root is to be called, and what it is; its variables are as the document declares them."""
        field = FIRST_FIELD.search(said["query"])
        if field is None:
            raise Refused("GRAPHQL_PARSE_FAILED", "no such document")
        declared = {name: (kind, must) for name, kind, must in DECLARED.findall(said["query"])}
        for name, (kind, must) in declared.items():
            value = said.get("variables", {}).get(name)
            if (must and value is None) or (kind == "String" and value is not None and not isinstance(value, str)):
                raise Refused("BAD_USER_INPUT", f"${name}: {kind}{must}")
        return field[1], field[2] or field[1]

    def serve(self, field: str, given: Json, request: web.Request) -> Any:
        """A field at the root, in its session."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if field in ("login", "refresh", "clientLogin"):
            return self.begin(field, given)
        who, until = self.sessions.get(token, ("", 0.0))
        if until < time.monotonic():
            raise Refused("UNAUTHENTICATED", "no session, or none any more")
        office: dict[str, Callable[[Json], Any]] = {"sale": self.sale, "books": self.books}
        if field == "echo" or field in office:
            if who != "ops":
                raise Refused("FORBIDDEN", "not yours")
            return {"mark": request.headers.get("X-Mark")} if field == "echo" else office[field](given)
        if field == "logout":
            del self.sessions[token]
            return True
        if field == "stock":
            return [{"sku": sku, "left": self.left(sku)} for sku in STOCK]
        if field == "coupons":
            return [coupon["id"] for coupon in self.coupons if coupon["owner"] == who]
        return self.claim(who, given)

    def begin(self, field: str, given: Json) -> Json:
        """A session, by a phone, by a refresh, or by the back office's credentials."""
        if field == "clientLogin" and given["secret"] != self.secret:
            raise Refused("FORBIDDEN", "wrong credentials")
        if field == "refresh":
            who = self.refreshes.pop(given["token"], "")
            if not who:
                raise Refused("FORBIDDEN", "refreshed already")
        else:
            who = "ops" if field == "clientLogin" else given["user"]
        access, refresh = os.urandom(12).hex(), os.urandom(12).hex()
        self.sessions[access] = (who, time.monotonic() + LIVES_S)
        self.refreshes[refresh] = who
        return {"access": access, "refresh": refresh, "livesS": LIVES_S}

    def left(self, sku: str) -> int:
        """How many of a prize there are still."""
        return STOCK[sku] - sum(coupon["sku"] == sku for coupon in self.coupons)

    def claim(self, who: str, given: Json) -> Json:
        """A coupon; the same key gets the same answer."""
        if not given["key"]:
            raise Refused("KEY_MISSING", "no key")
        if given["key"] in self.done:
            owner, coupon = self.done[given["key"]]
            if owner != who:
                raise Refused("KEY_OF_ANOTHER", "not your key")
            return coupon
        if self.paused:
            raise Refused("SALE_PAUSED", "come again")
        if any(coupon["owner"] == who for coupon in self.coupons):
            raise Refused("ALREADY_CLAIMED", "one each")
        if self.left(given["sku"]) <= 0:
            raise Refused("SOLD_OUT", "none left")
        coupon = {"id": f"C{len(self.coupons)}", "key": given["key"], "owner": who, "sku": given["sku"], "fen": FACE_FEN}
        self.coupons.append(coupon | {"atMs": int(time.time() * 1000)})
        self.done[given["key"]] = (who, coupon)
        return coupon

    def sale(self, given: Json) -> Json:
        """The switch."""
        self.paused = {"PAUSE": True, "RESUME": False}.get(given.get("turn") or "", self.paused)
        return {"paused": self.paused}

    def books(self, given: Json) -> Json:
        """A page of a table."""
        tables = {"coupons": self.coupons, "stock": [{"sku": sku, "total": total, "left": self.left(sku)} for sku, total in STOCK.items()]}
        rows, begin, size = tables[given["table"]], int(given.get("after") or 0), min(int(given["first"]), 50)
        end = begin + size
        return {"nodes": rows[begin:end], "pageInfo": {"hasNextPage": end < len(rows), "endCursor": str(end) if end < len(rows) else None}}


async def serve(shop: Shop) -> None:
    """Until it is ended; says its address on stdout once it listens."""
    app = web.Application()
    app.router.add_post("/graphql", shop.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)  # noqa: T201 - whoever starts it reads this
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Shop(os.environ["SHOP_OPS"])))
