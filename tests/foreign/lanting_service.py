"""Lanting's frame: its books, its signature check, and the way from a request to a handler."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import web

Json = dict[str, Any]
MARK = "STORM"
OLDEST_S = 30
GRANT_S = 0.4
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
        self.seen = 0  # by apps, as their beacons tell
        self.paused = False
        self.out = False  # whether the back office has taken the accounts out of service

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

    def __init__(
        self, secret: str, operator: str, *, digest: str = "sha256", leaky: bool = False, deaf: bool = False, crooked: bool = False
    ) -> None:
        """`secret` signs; `operator` is the token of the back office.

        A leaky one repeats the secrets in its answers; a deaf one grants prizes whatever its kill switch says. A crooked one moves ten fen
        less than it tells, and notes another prize than was asked for.
        """
        self.secret = secret.encode()
        self.digest = digest
        self.operator = operator
        self.leaky = leaky
        self.deaf = deaf
        self.crooked = crooked
        self.books = Books()
        self.nonces: set[str] = set()
        self.under_way = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.token = ""
        self.down = False  # answers nobody, as behind a gateway that has lost it

    def go_down(self) -> None:
        """From now on nobody is answered."""
        self.down = True

    def come_back(self) -> None:
        """As before."""
        self.down = False

    def check_signature(self, request: web.Request, body: bytes) -> None:
        """Raises Refused for a wrong signature, an old timestamp, or a nonce that has come before."""
        stamp, nonce = request.headers.get("X-Lt-Time", ""), request.headers.get("X-Lt-Nonce", "")
        text = b"&".join([request.method.encode(), request.raw_path.encode(), body, stamp.encode(), nonce.encode()])
        mine = hmac.new(self.secret, text, self.digest).hexdigest()
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
        if self.down:
            return web.Response(status=503, text="no upstream")
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
        """Finds who is meant, and lets the handler work. What is not marked is no test, and has no business here."""
        if request.headers.get("X-Channel-Mark") != MARK:
            raise Refused("C001", "not marked as a test")
        if request.path not in ROUTES:
            raise Refused("P404", f"no such service: {request.path}")
        handler, needs_member = ROUTES[request.path]
        if self.books.out and request.path.startswith("/acct/"):
            raise Refused("K003", "accounts are out of service")
        if "X-Lt-Biz" in request.headers:
            said = said | {"bizNo": request.headers["X-Lt-Biz"]}
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
