"""The suppliers over HTTP: what the services call, and, for who has the world's token, the dials and the ledger.

    POST   /<supplier>              {"key", "subject", "amount_fen"}: done once for each key; voucher, sms, biller, risk, executives,
                                    depot, depot-backup
    GET    /<supplier>              whether it is there, by the same dials; nothing is done, nothing entered
    GET    /<feed>?after=SEQ        what was said, and the latest number; sentiment, complaints
    GET    /health                  the process lives, whatever the dials
    GET    /inbox/<subject>         {"latest"}: the last message that sms sent there, null where there is none; a sandbox's, open to all

A call of sms may have a {"text"}, which stands in no ledger.

A call of depot or depot-backup has {"units"}: so many of the subject are delivered, all or none; where it has not that many, 409.

A notice to the executives may have {"acknowledge": {"url", "notice"}}: whoever is told posts {"notice"} to that address soon.

With the world's token:

    POST   /<feed>                  {"scores": [...]}: somebody says something, from -1, as bad as can be, to 1
    GET    /dials                   all of them
    PUT    /dials/<supplier>        {"errors": 0.6}: some are turned, the others stay; null puts one to rest
    DELETE /dials/<supplier>        all of this one are put to rest
    GET    /dials/changes?since=NS  {"changes"}: which dials were turned or put to rest since then, by the monotonic clock
    GET    /calls?after=SEQ&limit=N every call that reached a supplier and what it did, and every reading of a feed by who says who it is,
                                    {"rows", "next"}
"""

import asyncio
import hmac
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from random import Random
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mock_bank.suppliers.dials import DialChange, DialError, Dials, Fate, changes
from mock_bank.suppliers.executives import Executives
from mock_bank.suppliers.ledger import Ledger
from mock_bank.suppliers.sentiment import Feed
from mock_bank.suppliers.supplier import EXECUTIVES, MANY, REFUSED, SMS, SOLD_OUT, TRADES, Asked, Supplier

T = TypeVar("T")

FEEDS: Final = ("sentiment", "complaints")

SILENCE_S: Final = 60.0
"""After which a connection that gets no answer is closed: nobody waits longer, and nothing piles up."""

_PAGE, _MOST_ROWS = 1000, 5000
_CHANGES_KEPT = 1000
_MOST_FEN = 10**12
_MOST_LETTERS = 200


def application(ledger: Ledger, control_token: str, services_token: str, chance: Random) -> web.Application:
    """The aiohttp application. The services show one token, whoever steers the world the other."""
    api = _Api(ledger, chance)
    app = web.Application(middlewares=[_wants(control_token, services_token), _answer_mistakes])
    app.router.add_get("/health", api.health)
    for name in FEEDS:
        app.router.add_get(f"/{name}", api.feed)
        app.router.add_post(f"/{name}", api.say)
    app.router.add_get("/dials", api.dials)
    app.router.add_get("/dials/changes", api.changes)
    app.router.add_put("/dials/{name}", api.turn)
    app.router.add_delete("/dials/{name}", api.rest)
    app.router.add_get("/calls", api.calls)
    app.router.add_get("/inbox/{subject}", api.inbox)
    app.router.add_get("/{name}", api.probe)
    app.router.add_post("/{name}", api.call)
    return app


def _wants(control_token: str, services_token: str) -> Middleware:
    steering, open_to_all = ("/dials", "/calls"), ("/health", "/inbox/")

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        steers = request.path.startswith(steering) or (request.method == "POST" and request.path.removeprefix("/") in FEEDS)
        allowed = [control_token] if steers else [control_token, services_token]
        shown = request.headers.get("Authorization", "").encode()
        if not request.path.startswith(open_to_all) and not any(
            hmac.compare_digest(shown, f"Bearer {token}".encode()) for token in allowed
        ):
            wanted = "the world's token" if steers else "the services' token"
            return web.json_response({"error": f"{wanted} is wanted as a bearer"}, status=401, headers={"WWW-Authenticate": "Bearer"})
        return await handler(request)

    return check


@web.middleware
async def _answer_mistakes(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except DialError as error:
        return _refuse(str(error))


class _Api:
    def __init__(self, ledger: Ledger, chance: Random) -> None:
        self._ledger = ledger
        self._suppliers = {trade.name: Supplier(trade, ledger, chance) for trade in TRADES}
        self._feeds = {name: Feed(chance) for name in FEEDS}
        self._chance = chance
        self._dialled: dict[str, Supplier | Feed] = {**self._suppliers, **self._feeds}
        self._executives = Executives()
        self._inbox: dict[str, str] = {}
        self._changes: deque[DialChange] = deque(maxlen=_CHANGES_KEPT)

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "up"})

    async def call(self, request: web.Request) -> web.StreamResponse:
        arrived_ns = time.monotonic_ns()
        supplier = self._supplier(request)
        asked = await _understood(request, arrived_ns)
        fate, call = await supplier.answer(asked)
        if fate in (Fate.SWALLOWED, Fate.UNANSWERED):
            return await _silence(request)
        if fate is Fate.ERROR or call is None:
            return _refuse("the supplier is out of order", 500)
        if call.did and call.supplier == EXECUTIVES and self._chance.random() >= supplier.dials.unacknowledged:
            self._executives.take_up((await _object(request)).get("acknowledge"))
        if call.did and call.supplier == SMS:
            self._inbox[asked.subject] = await _text(request)
        status = 409 if call.state in (REFUSED, SOLD_OUT) else 200
        return web.json_response({"reference": f"{call.supplier}-{asked.key}", "state": call.state}, status=status)

    async def probe(self, request: web.Request) -> web.StreamResponse:
        supplier = self._supplier(request)
        fate, _ = await supplier.answer(None)
        return await _answered(request, fate, {"supplier": supplier.trade.name})

    async def feed(self, request: web.Request) -> web.StreamResponse:
        arrived_ns, name, after = time.monotonic_ns(), request.path.removeprefix("/"), _number(request, "after", 0)
        feed = self._feeds[name]
        fate = feed.dials.fate(self._chance)
        await asyncio.sleep(feed.dials.delay_s(self._chance))
        if caller := request.headers.get("X-Caller", "")[:_MOST_LETTERS]:
            self._ledger.read(name, caller, after, fate.value, arrived_ns)
        return await _answered(request, fate, feed.after(after))

    async def say(self, request: web.Request) -> web.Response:
        return web.json_response({"said": self._feeds[request.path.removeprefix("/")].say((await _object(request)).get("scores"))})

    async def dials(self, _request: web.Request) -> web.Response:
        return web.json_response({name: asdict(one.dials) for name, one in self._dialled.items()})

    async def turn(self, request: web.Request) -> web.Response:
        one = self._named(request)
        return self._set(request, one, one.dials.turned(await _object(request)))

    async def rest(self, request: web.Request) -> web.Response:
        return self._set(request, self._named(request), Dials())

    def _set(self, request: web.Request, one: Supplier | Feed, dials: Dials) -> web.Response:
        self._changes.extend(changes(request.match_info["name"], one.dials, dials))
        one.dials = dials
        return web.json_response(asdict(dials))

    async def changes(self, request: web.Request) -> web.Response:
        since_ns = _number(request, "since", 0)
        return web.json_response({"changes": [asdict(change) for change in self._changes if change.monotonic_ns > since_ns]})

    async def calls(self, request: web.Request) -> web.Response:
        limit = min(_number(request, "limit", _PAGE), _MOST_ROWS)
        rows = self._ledger.after(_number(request, "after", 0), limit)
        cursor = str(rows[-1].seq) if len(rows) == limit and rows else None
        return web.json_response({"rows": [asdict(row) for row in rows], "next": cursor})

    async def inbox(self, request: web.Request) -> web.Response:
        return web.json_response({"latest": self._inbox.get(request.match_info["subject"])})

    def _supplier(self, request: web.Request) -> Supplier:
        return self._find(self._suppliers, request)

    def _named(self, request: web.Request) -> Supplier | Feed:
        return self._find(self._dialled, request)

    @staticmethod
    def _find(there: Mapping[str, T], request: web.Request) -> T:
        name = request.match_info["name"]
        if name not in there:
            refusal = json.dumps({"error": f"there is no supplier {name!r}; there are {', '.join(there)}"})
            raise web.HTTPNotFound(text=refusal, content_type="application/json")
        return there[name]


async def _understood(request: web.Request, arrived_ns: int) -> Asked:
    body = await _object(request)
    key, subject, amount_fen = body.get("key"), body.get("subject"), body.get("amount_fen", 0)
    if not _is_name(key) or not _is_name(subject):
        raise DialError(f"key and subject must be texts of 1 to {_MOST_LETTERS} letters")
    if isinstance(amount_fen, bool) or not isinstance(amount_fen, int) or not 0 <= amount_fen <= _MOST_FEN:
        raise DialError(f"amount_fen must be a whole number from 0 to {_MOST_FEN}")
    units = body.get("units", 0)
    if isinstance(units, bool) or not isinstance(units, int) or not 0 <= units <= MANY:
        raise DialError(f"units must be a whole number from 0 to {MANY}")
    sent = request.headers.get("X-Sent-Ns", "0")
    sent_ns = int(sent) if sent.isdecimal() and len(sent) < 20 else 0  # noqa: PLR2004 - what 64 bits hold
    return Asked(str(key), str(subject), amount_fen, request.headers.get("X-Caller", "")[:_MOST_LETTERS], sent_ns, arrived_ns, units)


async def _text(request: web.Request) -> str:
    return str((await _object(request)).get("text", ""))[:_MOST_LETTERS]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_LETTERS


async def _object(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise DialError("the body must be a JSON object")
    return body


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "") or str(default)
    if not text.isascii() or not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 - what 64 bits hold, and more than any ledger has
        raise DialError(f"{name} is {text!r}; it must be a number")
    return int(text)


async def _answered(request: web.Request, fate: Fate, content: dict[str, object]) -> web.StreamResponse:
    if fate in (Fate.SWALLOWED, Fate.UNANSWERED):
        return await _silence(request)
    return _refuse("the supplier is out of order", 500) if fate is Fate.ERROR else web.json_response(content)


async def _silence(request: web.Request) -> web.Response:
    """No answer: the connection is closed when everybody has long given up."""
    await asyncio.sleep(SILENCE_S)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _refuse(sentence: str, status: int = 400) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
