"""Toxiproxy's HTTP API (2.x) over a set of proxies."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

from aiohttp import web

from mock_bank.network.bearer import wants
from mock_bank.network.linkproxy import api_json, problems
from mock_bank.network.linkproxy.connection import Placed
from mock_bank.network.linkproxy.proxy import Proxy

VERSION = "2.12.0"  # the Toxiproxy whose API this is; clients ask for it

_MOST_BYTES = 16 << 20
_NOT_FOUND = 404
_READ_S = 15.0  # as Toxiproxy's own server


@web.middleware
async def _identify(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    answer = await handler(request)
    answer.headers["X-Toxiproxy-Request-Id"] = uuid4().hex[:20]
    return answer


@web.middleware
async def _answer_refusals(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    unrouted = request.match_info.http_exception
    if unrouted is not None:
        return _plain(404, "404 page not found") if unrouted.status == _NOT_FOUND else web.Response(status=unrouted.status)
    if request.headers.get("User-Agent", "").startswith("Mozilla/"):  # a page that somebody looks at must not steer links
        return _plain(403, "User agent not allowed")
    try:
        return await handler(request)
    except problems.Refusal as refusal:
        return _plain(refusal.status, _encode({"error": str(refusal), "status": refusal.status}))
    except web.HTTPException as http:
        return _plain(http.status, http.reason)


def _plain(status: int, text: str) -> web.Response:
    return web.Response(text=f"{text}\n", status=status, headers={"X-Content-Type-Options": "nosniff"})


def _answer(value: object, status: int = 200) -> web.Response:
    return web.Response(body=_encode(value).encode(), status=status, content_type="application/json")


def _encode(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


async def _read(request: web.Request) -> bytes:
    """The whole body. Nobody may wait for a turn behind it: whoever sends the half of one would stop all others.

    Raises:
        Refusal: it has not come in time, or never will.
    """
    try:
        async with asyncio.timeout(_READ_S):
            return await request.read()
    except TimeoutError:
        raise problems.bad_body("i/o timeout") from None
    except (ConnectionError, web.RequestPayloadError):
        raise problems.bad_body("unexpected EOF") from None


class Api:
    """The proxies of this process, by name, and what may be asked about them."""

    def __init__(self) -> None:
        """Start without a proxy."""
        self.proxies: dict[str, Proxy] = {}
        self._turn = asyncio.Lock()  # listeners come and go one request at a time; toxics need no turn, they change between two events

    def application(self, token: str | None = None) -> web.Application:
        """The aiohttp application; open to everybody, as Toxiproxy is, unless a token is wanted."""
        guards = [wants(token)] if token else []
        app = web.Application(middlewares=[_identify, *guards, _answer_refusals], client_max_size=_MOST_BYTES)
        one = "/proxies/{proxy:[^/]+}"  # by itself a part of a path holds no brace
        toxics, toxic = one + "/toxics", one + "/toxics/{toxic:[^/]+}"
        for path, handler in (
            ("/version", self.version),
            ("/proxies", self.list_proxies),
            (one, self.show),
            (toxics, self.list_toxics),
            (toxic, self.show_toxic),
        ):
            app.router.add_get(path, handler, allow_head=False)
        app.router.add_post("/proxies", self.create)
        app.router.add_post("/populate", self.populate)
        app.router.add_post("/reset", self.reset)
        app.router.add_delete(one, self.delete)
        app.router.add_post(toxics, self.add_toxic)
        app.router.add_delete(toxic, self.remove_toxic)
        for method in ("POST", "PATCH"):  # Toxiproxy took POST first and PATCH later; clients use either
            app.router.add_route(method, one, self.update)
            app.router.add_route(method, toxic, self.update_toxic)
        app.on_shutdown.append(self._close)
        return app

    async def _close(self, _app: web.Application) -> None:
        for proxy in self.proxies.values():
            proxy.stop()

    def _proxy(self, request: web.Request) -> Proxy:
        proxy = self.proxies.get(request.match_info["proxy"])
        if proxy is None:
            raise problems.no_proxy()
        return proxy

    def _toxic(self, request: web.Request) -> tuple[Proxy, Placed]:
        proxy, name = self._proxy(request), request.match_info["toxic"]
        if name not in proxy.toxics:
            raise problems.no_toxic()
        return proxy, proxy.toxics[name]

    async def version(self, _request: web.Request) -> web.Response:
        """GET /version."""
        body = json.dumps({"version": VERSION}) + "\n"
        return web.Response(body=body.encode(), headers={"Content-Type": "application/json;charset=utf-8"})

    async def list_proxies(self, _request: web.Request) -> web.Response:
        """GET /proxies."""
        return _answer({name: api_json.proxy_json(proxy) for name, proxy in self.proxies.items()})

    async def show(self, request: web.Request) -> web.Response:
        """GET /proxies/{proxy}."""
        return _answer(api_json.proxy_json(self._proxy(request)))

    async def create(self, request: web.Request) -> web.Response:
        """POST /proxies."""
        described = api_json.read_proxy(await _read(request))
        api_json.needed(described)
        proxy = api_json.new_proxy(described)
        async with self._turn:
            if proxy.name in self.proxies:
                raise problems.proxy_exists()
            if described.get("enabled", True):
                await proxy.start()
            self.proxies[proxy.name] = proxy
        return _answer(api_json.proxy_json(proxy), status=201)

    async def populate(self, request: web.Request) -> web.Response:
        """POST /populate: have each of these proxies; the first that cannot be had ends it, those before it stay."""
        had: list[Proxy] = []
        try:
            wanted = api_json.read_proxies(await _read(request))
            async with self._turn:
                for described in wanted:
                    had.append(await self._have(described))  # noqa: PERF401 - what was had before a refusal is told with it
        except problems.Refusal as refusal:
            told, status = {"error": str(refusal), "status": refusal.status}, refusal.status
        else:
            told, status = {}, 201
        return _answer({**told, "proxies": [api_json.proxy_json(proxy) for proxy in had] or None}, status)

    async def _have(self, described: api_json.Json) -> Proxy:
        """The proxy at these addresses that is there already, left as it is, or else a new one."""
        proxy = api_json.new_proxy(described)
        old = self.proxies.get(proxy.name)
        if old is not None:
            if not await old.differs(proxy.listen, proxy.upstream):
                return old
            old.stop()
        if described.get("enabled", True):
            await proxy.start()
        self.proxies[proxy.name] = proxy
        return proxy

    async def reset(self, _request: web.Request) -> web.Response:
        """POST /reset: all proxies enabled, no toxics."""
        async with self._turn:
            for proxy in self.proxies.values():
                await proxy.start()
                proxy.clear()
        return web.Response(status=204)

    async def update(self, request: web.Request) -> web.Response:
        """POST or PATCH /proxies/{proxy}: listen, upstream, enabled; a new address closes what is open."""
        body = await _read(request)
        async with self._turn:
            proxy = self._proxy(request)
            given = api_json.read_proxy(body)
            listen, upstream = str(given.get("listen", proxy.listen)), str(given.get("upstream", proxy.upstream))
            await proxy.become(listen, upstream, enabled=bool(given.get("enabled", proxy.enabled)))
        return _answer(api_json.proxy_json(proxy))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /proxies/{proxy}."""
        async with self._turn:
            proxy = self._proxy(request)
            proxy.stop()
            del self.proxies[proxy.name]
        return web.Response(status=204)

    async def list_toxics(self, request: web.Request) -> web.Response:
        """GET /proxies/{proxy}/toxics."""
        return _answer(api_json.toxics_json(self._proxy(request)))

    async def add_toxic(self, request: web.Request) -> web.Response:
        """POST /proxies/{proxy}/toxics."""
        body = await _read(request)
        proxy = self._proxy(request)
        placed = api_json.new_toxic(body, proxy.toxics.__contains__)
        proxy.put(placed)
        return _answer(api_json.toxic_json(placed))

    async def show_toxic(self, request: web.Request) -> web.Response:
        """GET /proxies/{proxy}/toxics/{toxic}."""
        return _answer(api_json.toxic_json(self._toxic(request)[1]))

    async def update_toxic(self, request: web.Request) -> web.Response:
        """POST or PATCH /proxies/{proxy}/toxics/{toxic}: attributes and toxicity."""
        body = await _read(request)
        proxy, old = self._toxic(request)
        placed = api_json.changed_toxic(old, body)
        proxy.put(placed)
        return _answer(api_json.toxic_json(placed))

    async def remove_toxic(self, request: web.Request) -> web.Response:
        """DELETE /proxies/{proxy}/toxics/{toxic}."""
        proxy, placed = self._toxic(request)
        proxy.take(placed.name)
        return web.Response(status=204)
