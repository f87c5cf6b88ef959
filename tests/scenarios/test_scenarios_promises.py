"""Promises are waited for before the read-back: as long as their time is, and no longer than until they are kept."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scenarios.client.promises_awaited import await_promises
from scenarios.target.model import Target

NOW_MS = 1_800_000_000_000
Rows = list[dict[str, object]]


class Bank:
    """Tells its effects and payouts; the payouts from the so-and-so-manieth asking on."""

    def __init__(self, effects: Rows, payouts: Rows, after: int = 0) -> None:
        """`after` askings it has none."""
        self.effects, self.payouts, self.after, self.asked, self.status = effects, payouts, after, 0, 200
        self.exchanges: list[Rows] = []  # what it tells of them by each asking; the last for good

    def rows(self, path: str) -> Rows:
        """A table."""
        if path == "/effects":
            return self.effects
        if path == "/exchanges":
            return (self.exchanges.pop(0) if len(self.exchanges) > 1 else self.exchanges[0]) if self.exchanges else []
        self.asked += 1
        return self.payouts if self.asked > self.after else []


@pytest.fixture
def serve() -> Iterator[Callable[..., Target]]:
    """Serves a bank on a free port; gives the target that reads it."""
    servers: list[HTTPServer] = []

    def start(bank: Bank, within_s: float = 60) -> Target:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"rows": bank.rows(self.path)}).encode()
                self.send_response(bank.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return target(f"http://127.0.0.1:{server.server_port}", within_s)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def target(base: str, within_s: float) -> Target:
    """Packets that are to be paid in their time, and transfers that owe nothing."""
    fields = {"id": "$.id", "amount_fen": "$.fen", "at_ms": "$.at"}
    return Target.model_validate(
        {
            "name": "bank",
            "describe": "d",
            "services": {"s": {"base": base}},
            "operations": {
                "packet.open": {
                    "service": "s",
                    "method": "POST",
                    "path": "/",
                    "effect": {"business": "b", "pays": {"from": "GL", "within_s": within_s}},
                },
                "points.exchange": {
                    "service": "s",
                    "method": "POST",
                    "path": "/",
                    "effect": {"business": "b", "accepted": "http == 202", "settles_within_s": within_s},
                },
            },
            "readback": {
                "tables": {
                    "packets": {"role": "effects", "service": "s", "path": "/effects", "fields": {"op": "'packet.open'", **fields}},
                    "exchanges": {
                        "role": "effects",
                        "service": "s",
                        "path": "/exchanges",
                        "fields": {"op": "'points.exchange'", "state": "$.state", **fields},
                        "final": ["DONE"],
                    },
                    "payouts": {"role": "payouts", "service": "s", "path": "/payouts", "fields": {"ref": "$.ref", "amount_fen": "$.fen"}},
                }
            },
        }
    )


def waited_s(found: Target) -> float:
    """How long it was waited."""
    begun = time.monotonic()
    await_promises(found, {}, NOW_MS, {})
    return time.monotonic() - begun


OPENED = {"id": "p-1", "fen": 10, "at": NOW_MS + 1}
PAID = {"ref": "p-1", "fen": 10}


def test_what_is_paid_is_not_waited_for(serve: Callable[..., Target]) -> None:
    """One look."""
    bank = Bank([OPENED], [PAID])
    assert await_promises(serve(bank), {}, NOW_MS, {})
    assert bank.asked == 1


def test_what_is_on_its_way_is_waited_for(serve: Callable[..., Target]) -> None:
    """Until it is there."""
    bank = Bank([OPENED], [PAID], after=1)
    assert await_promises(serve(bank), {}, NOW_MS, {})
    assert bank.asked == 2


def test_what_is_never_paid_has_its_time(serve: Callable[..., Target]) -> None:
    """All of it, and an end."""
    bank = Bank([OPENED], [])
    assert waited_s(serve(bank, within_s=0.6)) >= 0.6
    assert bank.asked


@pytest.mark.parametrize(
    "effect",
    [{**OPENED, "at": NOW_MS - 1}, {**OPENED, "fen": 0}],
    ids=["promised before this run", "worth nothing"],
)
def test_what_this_run_is_not_owed_is_not_waited_for(serve: Callable[..., Target], effect: dict[str, object]) -> None:
    """One look."""
    bank = Bank([effect], [])
    assert await_promises(serve(bank), {}, NOW_MS, {})
    assert bank.asked == 1


def test_what_is_accepted_is_waited_for_until_it_has_ended(serve: Callable[..., Target]) -> None:
    """An order that waits for its supplier is no order that hangs, before its time is over."""
    order = {"id": "x-1", "at": NOW_MS + 1}
    bank = Bank([], [])
    bank.exchanges = [[{**order, "state": "PENDING"}], [{**order, "state": "PENDING"}], [{**order, "state": "DONE"}]]
    assert await_promises(serve(bank), {}, NOW_MS, {})
    assert len(bank.exchanges) == 1


def test_what_never_ends_has_its_time(serve: Callable[..., Target]) -> None:
    """All of it, and an end."""
    bank = Bank([], [])
    bank.exchanges = [[{"id": "x-1", "at": NOW_MS + 1, "state": "PENDING"}]]
    assert waited_s(serve(bank, within_s=0.6)) >= 0.6


def test_what_was_accepted_before_this_run_is_not_waited_for(serve: Callable[..., Target]) -> None:
    """One look."""
    bank = Bank([], [])
    bank.exchanges = [[{"id": "x-1", "at": NOW_MS - 1, "state": "PENDING"}], []]
    assert await_promises(serve(bank), {}, NOW_MS, {})
    assert bank.exchanges == [[]]


def test_a_system_that_will_not_tell_is_not_waited_for(serve: Callable[..., Target]) -> None:
    """The read-back itself has its patience, and says so."""
    bank = Bank([OPENED], [])
    bank.status = 503
    await_promises(serve(bank), {}, NOW_MS, {})
    assert bank.asked == 0


def test_where_nothing_is_promised_nothing_is_asked() -> None:
    """Or nowhere said: nobody listens at that address."""
    found = target("http://127.0.0.1:9", 60)
    assert found.readback is not None
    without = found.model_copy(update={"readback": found.readback.model_copy(update={"tables": {}})})
    assert not await_promises(without, {}, NOW_MS, {})
    assert not await_promises(found.model_copy(update={"operations": {}}), {}, NOW_MS, {})
