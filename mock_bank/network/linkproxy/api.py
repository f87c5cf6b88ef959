"""Toxiproxy's HTTP API (2.x) over a set of proxies."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from mock_bank.network.bearer import wants
from mock_bank.network.linkproxy import api_json, problems
from mock_bank.network.linkproxy.connection import Placed
from mock_bank.network.linkproxy.proxy import Address, Proxy

VERSION = "2.9.0"  # the Toxiproxy whose API this is; clients ask for it


@web.middleware
async def _answer_refusals(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    try:
        return await handler(request)
    except problems.Refusal as refusal:
        status, title, error = refusal.status, refusal.title, str(refusal)
    except web.HTTPException as http:
        status, title, error = http.status, http.reason, f"{request.method} {request.path}: {http.reason}"
    return web.json_response({"error": error, "title": title, "status": status}, status=status)


class Api:
    """The proxies of this process, by name, and what may be asked about them."""

    def __init__(self) -> None:
        """Start without a proxy."""
        self.proxies: dict[str, Proxy] = {}
        self._turn = asyncio.Lock()  # listeners come and go one request at a time; toxics need no turn, they change between two events

    def application(self, token: str | None = None) -> web.Application:
        """The aiohttp application; open to everybody, as Toxiproxy is, unless a token is wanted."""
        app = web.Application(middlewares=[*([wants(token)] if token else []), _answer_refusals])
        one, toxics = "/proxies/{proxy}", "/proxies/{proxy}/toxics"
        app.router.add_get("/version", self.version)
        app.router.add_get("/proxies", self.list_proxies)
        app.router.add_post("/proxies", self.create)
        app.router.add_post("/populate", self.populate)
        app.router.add_post("/reset", self.reset)
        app.router.add_get(one, self.show)
        app.router.add_delete(one, self.delete)
        app.router.add_get(toxics, self.list_toxics)
        app.router.add_post(toxics, self.add_toxic)
        app.router.add_get(toxics + "/{toxic}", self.show_toxic)
        app.router.add_delete(toxics + "/{toxic}", self.remove_toxic)
        for method in ("POST", "PATCH"):  # Toxiproxy took POST first and PATCH later; clients use either
            app.router.add_route(method, one, self.update)
            app.router.add_route(method, toxics + "/{toxic}", self.update_toxic)
        app.on_shutdown.append(self._close)
        return app

    async def _close(self, _app: web.Application) -> None:
        for proxy in self.proxies.values():
            proxy.stop()

    def _proxy(self, request: web.Request) -> Proxy:
        name = request.match_info["proxy"]
        if name not in self.proxies:
            raise problems.no_proxy(name)
        return self.proxies[name]

    def _toxic(self, request: web.Request) -> tuple[Proxy, Placed]:
        proxy, name = self._proxy(request), request.match_info["toxic"]
        if name not in proxy.toxics:
            raise problems.no_toxic(name)
        return proxy, proxy.toxics[name]

    async def version(self, _request: web.Request) -> web.Response:
        """GET /version."""
        return web.json_response({"version": VERSION})

    async def list_proxies(self, _request: web.Request) -> web.Response:
        """GET /proxies."""
        return web.json_response({name: api_json.proxy_json(proxy) for name, proxy in self.proxies.items()})

    async def show(self, request: web.Request) -> web.Response:
        """GET /proxies/{proxy}."""
        return web.json_response(api_json.proxy_json(self._proxy(request)))

    async def create(self, request: web.Request) -> web.Response:
        """POST /proxies."""
        body = api_json.read_object(await request.read())
        proxy, enabled = api_json.new_proxy(body), api_json.flag(body, "enabled", default=True)
        async with self._turn:
            if proxy.name in self.proxies:
                raise problems.proxy_exists(proxy.name)
            if enabled:
                await proxy.start()
            self.proxies[proxy.name] = proxy
        return web.json_response(api_json.proxy_json(proxy), status=201)

    async def populate(self, request: web.Request) -> web.Response:
        """POST /populate: have each of these proxies; one that is there as described is left alone."""
        bodies = api_json.read_json(await request.read())
        if not isinstance(bodies, list) or not all(isinstance(body, dict) for body in bodies):
            raise problems.bad_body("a list of proxies is expected")
        wanted = [(api_json.new_proxy(body), api_json.flag(body, "enabled", default=True)) for body in bodies]
        async with self._turn:
            for proxy, enabled in wanted:
                await self._have(proxy, enabled=enabled)
        return web.json_response({"proxies": [api_json.proxy_json(self.proxies[proxy.name]) for proxy, _ in wanted]}, status=201)

    async def _have(self, proxy: Proxy, *, enabled: bool) -> None:
        old = self.proxies.get(proxy.name)
        if old and (old.listen, old.upstream) == (proxy.listen, proxy.upstream):
            proxy = old
        elif old:
            old.stop()
        await _enable(proxy, enabled=enabled)
        self.proxies[proxy.name] = proxy

    async def reset(self, _request: web.Request) -> web.Response:
        """POST /reset: all proxies enabled, no toxics."""
        async with self._turn:
            for proxy in self.proxies.values():
                proxy.clear()
                await proxy.start()
        return web.Response(status=204)

    async def update(self, request: web.Request) -> web.Response:
        """POST or PATCH /proxies/{proxy}: listen, upstream, enabled; a new address closes what is open."""
        body = api_json.read_object(await request.read())
        async with self._turn:
            proxy = self._proxy(request)
            listen = Address.parse(api_json.text(body, "listen", str(proxy.listen)))
            upstream = Address.parse(api_json.text(body, "upstream", str(proxy.upstream)))
            enabled = api_json.flag(body, "enabled", default=proxy.enabled)
            if (listen, upstream) != (proxy.listen, proxy.upstream):
                proxy.stop()
                proxy.listen, proxy.upstream = listen, upstream
            await _enable(proxy, enabled=enabled)
        return web.json_response(api_json.proxy_json(proxy))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /proxies/{proxy}."""
        async with self._turn:
            proxy = self._proxy(request)
            proxy.stop()
            del self.proxies[proxy.name]
        return web.Response(status=204)

    async def list_toxics(self, request: web.Request) -> web.Response:
        """GET /proxies/{proxy}/toxics."""
        return web.json_response([api_json.toxic_json(placed) for placed in self._proxy(request).toxics.values()])

    async def add_toxic(self, request: web.Request) -> web.Response:
        """POST /proxies/{proxy}/toxics."""
        placed = api_json.new_toxic(api_json.read_object(await request.read()))
        proxy = self._proxy(request)
        if placed.name in proxy.toxics:
            raise problems.toxic_exists(placed.name)
        proxy.put(placed)
        return web.json_response(api_json.toxic_json(placed))

    async def show_toxic(self, request: web.Request) -> web.Response:
        """GET /proxies/{proxy}/toxics/{toxic}."""
        return web.json_response(api_json.toxic_json(self._toxic(request)[1]))

    async def update_toxic(self, request: web.Request) -> web.Response:
        """POST or PATCH /proxies/{proxy}/toxics/{toxic}: attributes and toxicity."""
        body = api_json.read_object(await request.read())
        proxy, old = self._toxic(request)
        placed = api_json.changed_toxic(old, body)
        proxy.put(placed)
        return web.json_response(api_json.toxic_json(placed))

    async def remove_toxic(self, request: web.Request) -> web.Response:
        """DELETE /proxies/{proxy}/toxics/{toxic}."""
        proxy, placed = self._toxic(request)
        proxy.take(placed.name)
        return web.Response(status=204)


async def _enable(proxy: Proxy, *, enabled: bool) -> None:
    if enabled:
        await proxy.start()
    else:
        proxy.stop()
