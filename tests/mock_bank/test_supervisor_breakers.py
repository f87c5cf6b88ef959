"""What nodes tell of their circuit breakers becomes the world's events: each change once, at its own time, in the order of time."""

import asyncio
from pathlib import Path

from aiohttp import web

from mock_bank.events import Events
from mock_bank.layout.ports import free_ports
from mock_bank.layout.topology import Node
from mock_bank.supervisor.breakers import BreakerListener

KINDS = ["breaker-opened", "breaker-half-opened", "breaker-closed"]


def change(number: int, at_ns: int, new: str) -> dict[str, object]:
    """As a node tells it."""
    return {"seq": number, "monotonic_ns": at_ns, "old": "x", "new": new, "probes": 0}


async def heard(events: Events, port: int, answers: list[web.Response | list[dict[str, object]]], wanted: int) -> None:
    """Listens to a node that answers so, one after another and the last again and again, until so many events are there."""
    done = asyncio.Event()
    node = Node("campaign-a", "campaign", "A", "127.0.0.1", port)

    async def breakers(request: web.Request) -> web.Response:
        if len(answers) == 1 and len(events.since(0)) >= wanted:
            done.set()
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, web.Response):
            return answer
        since = int(request.query["since"])
        changes = [one for one in answer if int(str(one["monotonic_ns"])) > since]
        return web.json_response({"data": {"breakers": [{"dependency": "risk", "changes": changes}]}})

    app = web.Application()
    app.router.add_get("/v1/ops/breakers", breakers)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    listening = asyncio.create_task(BreakerListener([node], lambda _node: True, "token", events).run())
    try:
        async with asyncio.timeout(10):
            await done.wait()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await runner.cleanup()


def told(events: Events) -> list[tuple[object, ...]]:
    """What the events say."""
    return [(event["kind"], event["part"], event["dependency"], event["monotonic_ns"]) for event in events.since(0)]


def test_changes_are_told_once_at_their_own_times(tmp_path: Path) -> None:
    """Whatever else a node answers in between; and a listener that comes after another goes on where that one was."""
    (port,) = free_ports(1)
    path = tmp_path / "events.jsonl"
    first = [change(1, 100, "open"), change(2, 200, "half_open")]
    odd = [web.Response(status=500), web.Response(text="?"), web.json_response({"data": None})]
    asyncio.run(heard(Events(path), port, [first, *odd, first], 2))
    events = Events(path)
    asyncio.run(heard(events, port, [[*first, change(1, 300, "closed")]], 3))
    assert told(events) == [(kind, "campaign-a", "risk", at_ns) for kind, at_ns in zip(KINDS, (100, 200, 300), strict=True)]
