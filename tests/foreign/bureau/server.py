"""A bureau of prizes that speaks XML over TLS, as far as a client sees of it: a real server for tests.

    BUREAU_OFFICE=… BUREAU_KEY=… python tests/foreign/bureau/server.py FOLDER

FOLDER has ca.pem, server.pem and server-key.pem: who comes shows a certificate that the same authority has signed. Nobody logs in. People
are enrolled one by one, in parts, and are told an account; a claim is a document in GB18030 with a ticket that a cookie has brought, and
digests of it in its headers. The same books are served at two addresses. The back office pages by `Link`.
"""

import asyncio
import base64
import hashlib
import os
import re
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web
from bureau_cipher import opened

from scenarios.target.digests import hmac_hex, sm3_hex

Handler = Callable[[web.Request], Awaitable[web.Response]]
STOCK = {"P1": 400, "P2": 200}
FACE_FEN = 700
CLAIM = re.compile(r'<claim no="(\d{12})"><acct>(\d+)</acct><sku>(\w{8})</sku><name>(.+)</name><key>(.*)</key></claim>')


class Bureau:
    """The service, its books in memory."""

    def __init__(self, office: str, key: str) -> None:
        """The back office's token; what phones are encrypted with, and tickets proven."""
        self.office, self.key = office, key.encode()
        self.accounts: dict[str, str] = {}
        self.tickets: set[str] = set()
        self.claims: list[dict[str, Any]] = []
        self.ports: set[int] = set()
        self.open = True

    async def enrol(self, request: web.Request) -> web.Response:
        """A person, who gets an account."""
        said = await request.post()
        phone, papers = opened(str(said["phone"]), self.key), str(said["papers"])
        if not re.fullmatch(r"\d{11}", phone) or not re.fullmatch("<.+>", papers) or papers.isascii():
            return web.Response(status=422, text="<err>PAPERS</err>")
        number = str(900000 + len(self.accounts))
        self.accounts[number] = request.match_info["person"]
        return web.json_response({"accounts": [{"no": "old"}, {"no": int(number)}]}, status=201)

    async def stock(self, request: web.Request) -> web.Response:
        """What is left, and a ticket."""
        if not re.fullmatch(r"\d{6}", request.match_info["digits"]):
            return refused("DIGITS")
        answer = web.json_response({"rows": [{"sku": sku, "left": self.left(sku)} for sku in STOCK]})
        self.tickets.add(ticket := uuid4().hex)
        answer.set_cookie("TICKET", ticket)
        return answer

    async def claim(self, request: web.Request) -> web.Response:
        """A prize; the same key gets the same answer."""
        found = CLAIM.fullmatch((await request.read()).decode("gb18030"))
        if found is None or request.headers["Content-Type"] != "text/xml; charset=GB18030" or found[4].isascii():
            return refused("DOCUMENT")
        if not self.proven(request) or found[2] not in self.accounts:
            return refused("TICKET")
        customer, sku, key = int(found[1]), found[3].rstrip("_"), found[5]
        made = next((claim for claim in self.claims if claim["key"] == key), None)
        if why := self.why_not(made, customer, sku, key):
            return refused(why)
        if made is None:
            made = {"no": len(self.claims), "key": key, "customer": customer, "sku": sku, "fen": FACE_FEN, "at": int(time.time() * 1000)}
            self.claims.append(made)
        return web.Response(text=f"<ok><no>{made['no']}</no><yuan>{FACE_FEN / 100:.2f}</yuan></ok>", content_type="text/xml")

    def proven(self, request: web.Request) -> bool:
        """Whether the ticket is one of ours, and all its digests are its own."""
        ticket = request.cookies.get("TICKET", "")
        raw = ticket.encode()
        prints = f"{hashlib.md5(raw, usedforsecurity=False).hexdigest().upper()} {sm3_hex(raw)} {hmac_hex('sm3', self.key, raw)}"
        told = (request.headers["X-Ticket"], request.headers["X-Proof"], request.headers["X-Prints"])
        return ticket in self.tickets and told == (base64.b64encode(raw).decode(), hmac_hex("sha256", self.key, raw), prints)

    def why_not(self, made: dict[str, Any] | None, customer: int, sku: str, key: str) -> str:
        """Why there is none, if so."""
        if not key:
            return "NOKEY"
        if made is not None:
            return "" if (made["customer"], made["sku"]) == (customer, sku) else "OTHERKEY"
        if not self.open:
            return "SHUT"
        if any(claim["customer"] == customer for claim in self.claims):
            return "HASONE"
        return "" if self.left(sku) > 0 else "GONE"

    def left(self, sku: str) -> int:
        """How many there still are."""
        return STOCK[sku] - sum(claim["sku"] == sku for claim in self.claims)

    async def back_office(self, request: web.Request) -> web.Response:
        """The mark, the door, at how many addresses somebody came, and the books."""
        if request.headers.get("X-Office") != self.office:
            return refused("NOTYOURS")
        what = request.match_info["what"]
        if what == "mark":
            return web.Response(headers={"X-Seen": request.headers.get("X-Rehearsal", "")})
        if what == "door":
            turn = (await request.post()).get("turn") if request.method == "POST" else None
            self.open = {"open": True, "shut": False}.get(str(turn), self.open)
            return web.Response(text=f"door={'open' if self.open else 'shut'}")
        if what == "addresses":
            return web.Response(text=str(len(self.ports)))
        stock = [{"sku": sku, "initial": initial, "left": self.left(sku)} for sku, initial in STOCK.items()]
        rows: list[dict[str, Any]] = {"claims": self.claims, "stock": stock}[what]
        begin, size = int(request.query.get("from", 0)), min(int(request.query["limit"]), 50)
        more = f"{request.path}?limit={size}&from={begin + size}" if begin + size < len(rows) else None
        whole = more and f"https://{request.host}{more}"
        told = {"X-Total-Count": str(len(rows))} | ({"Link": f'<{more}>; rel="next"'} if more else {})
        return web.json_response({"rows": rows[begin : begin + size], "links": {"next": whole}}, headers=told)


def refused(why: str) -> web.Response:
    """A no, under HTTP 200."""
    return web.Response(text=f"<err>{why}</err>", content_type="text/xml")


def of_the_bank(folder: Path) -> ssl.SSLContext:
    """TLS that asks who comes."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    return context


async def serve(bureau: Bureau, folder: Path) -> None:
    """Until it is ended; says its two addresses on stdout once it listens."""

    @web.middleware
    async def told_apart(request: web.Request, handler: Handler) -> web.StreamResponse:
        here = request.transport.get_extra_info("sockname")[1] if request.transport else None
        if here and not request.path.startswith("/office/"):
            bureau.ports.add(here)
        answer = await handler(request)
        answer.headers["X-House"] = "North" if here == runner.addresses[0][1] else "South"
        return answer

    app = web.Application(middlewares=[told_apart])
    app.router.add_post("/people/{person}", bureau.enrol)
    app.router.add_get("/stock/{digits}", bureau.stock)
    app.router.add_post("/claim", bureau.claim)
    app.router.add_route("*", "/office/{what}", bureau.back_office)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    for _ in range(2):
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=of_the_bank(folder)).start()
    print(*(f"https://127.0.0.1:{address[1]}" for address in runner.addresses), flush=True)  # noqa: T201 - whoever starts it reads this
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Bureau(os.environ["BUREAU_OFFICE"], os.environ["BUREAU_KEY"]), Path(sys.argv[1])))
