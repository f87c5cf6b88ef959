"""The supervisor's HTTP API: state and events to read, hold, rejoin and start to ask for."""

import json

from aiohttp import web
from aiohttp.typedefs import Handler

from mock_bank.errors import WorldError
from mock_bank.network.bearer import wants
from mock_bank.supervisor.supervisor import Supervisor

_LONGEST_HOLD_S = 3600.0


@web.middleware
async def _answer_troubles(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except WorldError as error:  # a full disk does not take the decision
        return _refuse(str(error), 503)


def application(supervisor: Supervisor) -> web.Application:
    """The aiohttp application."""
    api = _Api(supervisor)
    app = web.Application(middlewares=[wants(supervisor.credentials.control_token), _answer_troubles])
    app.router.add_get("/state", api.state)
    app.router.add_get("/events", api.events)
    app.router.add_post("/hold", api.hold)
    app.router.add_post("/rejoin", api.rejoin)
    app.router.add_post("/nodes/{name}/start", api.start)
    return app


class _Api:
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def state(self, _request: web.Request) -> web.Response:
        """GET /state: roles, writers, and whether the world is healthy, with the reason if not."""
        world, failover = self._supervisor, self._supervisor.failover
        if failover is None:
            return web.json_response({"healthy": False, "reason": "no databases yet"})
        up = await world.serving()
        reason = world.why_unhealthy(up)
        nodes = {node.name: {"alive": world.restarters[node.name].alive, "serving": node.name in up} for node in world.plan.nodes}
        answer: dict[str, object] = {
            "primary": failover.primary.name,
            "standby": failover.standby.name if failover.following else None,
            "writers": sum(database.writer for database in world.databases),
            "synchronous": failover.synchronous and failover.following,
            "healthy": reason is None,
            "nodes": nodes,
        }
        return web.json_response(answer | ({"reason": reason} if reason else {}))

    async def events(self, request: web.Request) -> web.Response:
        """GET /events?since=SEQ: what happened after event number SEQ."""
        since = request.query.get("since", "0")
        if not since.isdigit():
            return _refuse(f"since is {since!r}; it must be an event's number")
        return web.json_response({"events": self._supervisor.events.since(int(since))})

    async def hold(self, request: web.Request) -> web.Response:
        """POST /hold {"seconds": n}: bring no database back for so long."""
        try:
            body = await request.json()
            seconds = float(body["seconds"])
        except (json.JSONDecodeError, KeyError, TypeError, ValueError):
            return _refuse('the body must be {"seconds": n}')
        if not 0 < seconds <= _LONGEST_HOLD_S:
            return _refuse(f"seconds is {seconds:g}; it must be above 0 and at most {_LONGEST_HOLD_S:g}")
        if self._supervisor.failover:
            self._supervisor.failover.hold(seconds)
        return web.json_response({"held_s": seconds})

    async def rejoin(self, _request: web.Request) -> web.Response:
        """POST /rejoin: bring back now what is lost."""
        if self._supervisor.failover:
            self._supervisor.failover.release()
        return web.json_response({"released": True})

    async def start(self, request: web.Request) -> web.Response:
        """POST /nodes/{name}/start: do not wait to start a dead node again."""
        name = request.match_info["name"]
        nodes = [node.name for node in self._supervisor.plan.nodes]
        if name not in nodes:
            return _refuse(f"there is no node {name}; there are {', '.join(nodes)}", 404)
        restarter = self._supervisor.restarters[name]
        restarter.start_now()
        return web.json_response({"name": name, "alive": restarter.alive})


def _refuse(sentence: str, status: int = 400) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
