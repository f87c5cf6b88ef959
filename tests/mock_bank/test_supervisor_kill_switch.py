"""What nodes tell of the kill switch becomes the world's events: each change once, at its own time, whichever node tells it."""

import asyncio
from pathlib import Path

from aiohttp import web

from mock_bank.events import Events
from mock_bank.layout.ports import free_ports
from mock_bank.layout.topology import Node
from mock_bank.supervisor.kill_switch import KillSwitchListener


def change(seq: int, kind: str) -> dict[str, object]:
    """As a node tells it."""
    who = {"campaign_id": "spring", "trip": 1, "node": "campaign-b", "about": "sentiment", "detail": ""}
    return who | {"seq": seq, "at_ms": seq * 1000, "monotonic_ns": seq * 100, "kind": kind}


async def heard(events: Events, port: int, told: list[dict[str, object]]) -> None:
    """Listens until everything was asked for again; the first node is down, the second answers."""
    done = asyncio.Event()

    async def changes(request: web.Request) -> web.Response:
        after = int(request.query["after"])
        if after == told[-1]["seq"]:
            done.set()
        return web.json_response({"data": {"changes": [one for one in told if int(str(one["seq"])) > after]}})

    app = web.Application()
    app.router.add_get("/v1/ops/kill-switch", changes)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    (down,) = free_ports(1)
    nodes = [Node("campaign-a", "campaign", "A", "127.0.0.1", down), Node("campaign-b", "campaign", "B", "127.0.0.1", port)]
    listening = asyncio.create_task(KillSwitchListener(lambda: nodes, "token", events).run())
    try:
        async with asyncio.timeout(10):
            await done.wait()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await runner.cleanup()


def test_kill_switch_changes_are_told_once_at_their_own_times(tmp_path: Path) -> None:
    """Also by a listener that comes after another."""
    (port,) = free_ports(1)
    path = tmp_path / "events.jsonl"
    first = [change(1, "grave"), change(2, "tripped")]
    asyncio.run(heard(Events(path), port, first))
    events = Events(path)
    asyncio.run(heard(events, port, [*first, change(3, "noticed")]))
    found = [(event["kind"], event["monotonic_ns"], event["at_ms"], event["about"]) for event in events.since(0)]
    assert found == [(f"kill-switch-{kind}", n * 100, n * 1000, "sentiment") for n, kind in ((1, "grave"), (2, "tripped"), (3, "noticed"))]
