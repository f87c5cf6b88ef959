"""The supervisor's HTTP API: state and events to read, hold, rejoin, switch and start to ask for."""

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
    app.router.add_post("/switch", api.switch)
    app.router.add_post("/nodes/{name}/start", api.start)
    app.router.add_post("/nodes/{name}/scale-out", api.scale_out)
    app.router.add_post("/nodes/{name}/scale-in", api.scale_in)
    app.router.add_get("/autoscaler", api.autoscaler)
    app.router.add_put("/autoscaler", api.turn_autoscaler)
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
        alive = {name for name, restarter in world.restarters.items() if restarter.alive}
        shown = [*world.plan.nodes, *(node for node in world.plan.spares if node.name in alive)]
        nodes = {node.name: {"alive": node.name in alive, "serving": node.name in up} for node in shown}
        answer: dict[str, object] = {
            "primary": failover.primary,
            "leads": failover.leads,
            "standby": failover.standby,
            "writers": sum(database.writer for database in world.databases),
            "synchronous": failover.synchronous and failover.standby is not None,
            "lag_ms": failover.lag_ms,
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
        """POST /hold {"seconds": n, "centres": bool}: bring no database back for so long; nor whatever else of a centre dies."""
        try:
            body = await request.json()
            seconds, centres = float(body["seconds"]), bool(body.get("centres", False))
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
            return _refuse('the body must be {"seconds": n}, with "centres": true for all that stands in one')
        if not 0 < seconds <= _LONGEST_HOLD_S:
            return _refuse(f"seconds is {seconds:g}; it must be above 0 and at most {_LONGEST_HOLD_S:g}")
        if self._supervisor.failover:
            self._supervisor.failover.hold(seconds)
        if centres:
            self._supervisor.centres.hold(seconds)
        return web.json_response({"held_s": seconds})

    async def rejoin(self, _request: web.Request) -> web.Response:
        """POST /rejoin: bring back now what is lost."""
        self._supervisor.centres.release()
        if self._supervisor.failover:
            self._supervisor.failover.release()
        return web.json_response({"released": True})

    async def switch(self, request: web.Request) -> web.Response:
        """POST /switch {"to": database}: have this one lead as soon as it has everything."""
        names = [database.name for database in self._supervisor.databases]
        try:
            to = (await request.json())["to"]
        except (json.JSONDecodeError, KeyError, TypeError):
            to = None
        if to not in names or self._supervisor.failover is None:
            return _refuse(f'the body must be {{"to": database}}; there are {", ".join(names)}')
        self._supervisor.failover.switch(to)
        return web.json_response({"to": to})

    async def start(self, request: web.Request) -> web.Response:
        """POST /nodes/{name}/start: do not wait to start a dead node again."""
        name = request.match_info["name"]
        restarters, places = self._supervisor.restarters, [*self._supervisor.plan.nodes, *self._supervisor.plan.spares]
        nodes = [node.name for node in places if node.name in restarters]
        if name not in nodes:
            return _refuse(f"there is no node {name}; there are {', '.join(nodes)}", 404)
        restarter = restarters[name]
        restarter.start_now()
        return web.json_response({"name": name, "alive": restarter.alive})

    async def scale_out(self, request: web.Request) -> web.Response:
        """POST /nodes/{name}/scale-out: have this node serve, once it is warm."""
        return self._scale(request, wanted=True)

    async def scale_in(self, request: web.Request) -> web.Response:
        """POST /nodes/{name}/scale-in: have this node serve no more, once it has finished what it is at."""
        return self._scale(request, wanted=False)

    def _scale(self, request: web.Request, *, wanted: bool) -> web.Response:
        name = request.match_info["name"]
        states = {member.node.name: member for member in self._supervisor.fleet.members}
        if name not in states:
            return _refuse(f"there is no node {name} that could come or go; there are {', '.join(states)}", 404)
        try:
            self._supervisor.fleet.order(name, wanted=wanted, why="ordered")
        except WorldError as error:
            return _refuse(str(error), 409)
        return web.json_response({"name": name, "state": states[name].state}, status=202)

    async def autoscaler(self, _request: web.Request) -> web.Response:
        """GET /autoscaler: whether it is on, and each node that there is or could be, with how full it is."""
        return web.json_response(self._supervisor.autoscaler.state())

    async def turn_autoscaler(self, request: web.Request) -> web.Response:
        """PUT /autoscaler {"on": true, "limits": {"at_once": n, "queue": n, "hold_ms": n}}: on or off, and what a node serves at once."""
        try:
            body = await request.json()
            on, limits = body["on"], {str(name): float(value) for name, value in body.get("limits", {}).items()}
        except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            on, limits = None, {}
        if not isinstance(on, bool):
            return _refuse('the body must be {"on": true or false}, with "limits": {name: number} where nodes are to be limited')
        try:
            self._supervisor.autoscaler.turn(on=on, limits=limits)
        except WorldError as error:
            return _refuse(str(error))
        return web.json_response(self._supervisor.autoscaler.state())


def _refuse(sentence: str, status: int = 400) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
