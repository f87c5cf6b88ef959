"""What Toxiproxy 2.12 answers, request by request: each case begins with no proxy, and the real server passes all of them.

This table says what the real server's own API tests say, `toxiproxy_requests` what clients and people send besides. ``@1`` to ``@3`` are
free ports.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ANY_LISTEN = re.compile(r"(\[::\]|127\.0\.0\.1):[1-9]\d*")  # without a host the link proxy keeps to the loopback
BROWSER = "Mozilla/5.0 (Linux; Android 4.4.2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/33.0.1750.117 Mobile Safari/537.36"


@dataclass(frozen=True)
class Plain:
    """An answer that is text and no JSON."""

    text: str


Says = None | str | re.Pattern[str] | Plain | Mapping[str, object] | Sequence[object]


@dataclass(frozen=True)
class Step:
    """One request and its answer; UP and DOWN are no requests but connections to an address, which is there or not."""

    method: str
    path: str
    body: object = None  # text is sent as it is, everything else as JSON
    status: int = 200
    says: Says = None  # an error's text, or as much of the JSON as matters; None is no matter
    agent: str = "Wget/2.1"


def get(path: str, says: Says = None, status: int = 200, agent: str = "Wget/2.1") -> Step:
    """A reading."""
    return Step("GET", path, None, status, says, agent)


def post(path: str, body: object, says: Says = None, status: int = 200) -> Step:
    """A writing."""
    return Step("POST", path, body, status, says)


def patch(path: str, body: object, says: Says = None, status: int = 200) -> Step:
    """A change."""
    return Step("PATCH", path, body, status, says)


def delete(path: str, says: Says = None, status: int = 204) -> Step:
    """A removal."""
    return Step("DELETE", path, None, status, says)


def up(port: str) -> Step:
    """Somebody listens there."""
    return Step("UP", f"127.0.0.1:{port}")


def down(port: str) -> Step:
    """Nobody does."""
    return Step("DOWN", f"127.0.0.1:{port}")


def proxy(name: str = "db", listen: str = "localhost:@1", upstream: str = "localhost:20001", **more: object) -> dict[str, object]:
    """The body of a proxy."""
    return {"name": name, "listen": listen, "upstream": upstream, **more}


def created(**of: str) -> Step:
    """The proxy `db`, made."""
    return post("/proxies", proxy(**of), {"enabled": True, "toxics": []}, 201)


def toxic(kind: str, name: str | None = None, stream: str = "downstream", toxicity: float = 1, **attributes: int) -> dict[str, object]:
    """The JSON of a toxic."""
    shown = {"name": name or f"{kind}_{stream}", "type": kind, "stream": stream, "toxicity": toxicity}
    return {**shown, "attributes": attributes}


NO_PROXY, NO_TOXIC = "proxy not found", "toxic not found"
PROXY_THERE, TOXIC_THERE = "proxy already exists", "toxic already exists"
BAD_STREAM = "stream was invalid, can be either upstream or downstream"
NAMELESS, NOWHERE = "missing required field: name", "missing required field: upstream"
NOT_FOUND = Plain("404 page not found\n")
LATENCY = toxic("latency", latency=0, jitter=0)
ONE = proxy("one", "localhost:@1", "localhost:7171", enabled=True)
TWO = proxy("two", "localhost:@2", "localhost:7474", enabled=True)
TOXICS = "/proxies/db/toxics"

API_TESTS: dict[str, list[Step]] = {
    "browsers get 403": [get("/proxies", Plain("User agent not allowed\n"), 403, BROWSER)],
    "others get 200": [get("/proxies", {})],
    "an index of no proxies": [get("/proxies", {})],
    "a proxy without a name": [post("/proxies", proxy("", "", ""), NAMELESS, 400)],
    "a proxy without an upstream": [post("/proxies", proxy("test", "", ""), NOWHERE, 400)],
    "populate": [
        post("/populate", [ONE, TWO], {"proxies": [{"name": "one"}, {"name": "two"}]}, 201),
        up("@1"),
        up("@2"),
    ],
    "populate enables by default": [
        post("/populate", [proxy("test")], {"proxies": [{"enabled": True}]}, 201),
        get("/proxies", {"test": {"name": "test"}}),
        up("@1"),
    ],
    "populate with a disabled proxy": [
        post("/populate", [{**ONE, "enabled": False}, TWO], {"proxies": [{"name": "one", "enabled": False}, {"name": "two"}]}, 201),
        down("@1"),
        up("@2"),
    ],
    "populate leaves an equal proxy alone and replaces another one": [
        post("/proxies", ONE, None, 201),
        post("/proxies", TWO, None, 201),
        post("/proxies/one/toxics", {"name": "", "type": "latency", "stream": "downstream", "toxicity": 1, "attributes": None}, LATENCY),
        post(
            "/populate",
            [ONE, proxy("two", "127.0.0.1:@3", "localhost:7676", enabled=True)],
            {"proxies": [{"name": "one", "listen": "127.0.0.1:@1"}, {"name": "two", "listen": "127.0.0.1:@3"}]},
            201,
        ),
        get("/proxies/one/toxics", [{"type": "latency"}]),
        up("@1"),
        up("@3"),
        down("@2"),
    ],
    "populate with a nameless entry makes nothing": [
        post("/populate", [ONE, proxy("", "", "", enabled=True)], {"error": f"{NAMELESS} at proxy 2", "proxies": None}, 400),
        get("/proxies", {}),
    ],
    "populate with a bad listen keeps what came before": [
        post(
            "/populate",
            [ONE, proxy("two", "local373"), proxy("three", "localhost:@3")],
            {"error": "listen tcp: address local373: missing port in address", "status": 500, "proxies": [{"name": "one"}]},
            500,
        ),
        get("/proxies/one", {"enabled": True}),
        get("/proxies/two", NO_PROXY, 404),
        get("/proxies/three", NO_PROXY, 404),
    ],
    "populate, then a toxic": [
        post("/populate", [ONE], None, 201),
        post("/proxies/one/toxics", {"name": "", "type": "latency", "stream": "downstream", "toxicity": 1, "attributes": None}, LATENCY),
    ],
    "listing": [created(), get("/proxies", {"db": {"listen": "127.0.0.1:@1", "upstream": "localhost:20001", "toxics": []}})],
    "create and get": [created(), get("/proxies/db", {"name": "db", "listen": "127.0.0.1:@1", "enabled": True, "toxics": []}), up("@1")],
    "a disabled proxy keeps the listen it was given": [
        post("/proxies", proxy(enabled=False), {"listen": "localhost:@1", "enabled": False}, 201),
        get("/proxies/db", {"listen": "localhost:@1", "upstream": "localhost:20001", "enabled": False}),
        down("@1"),
    ],
    "a disabled proxy, enabled and disabled": [
        post("/proxies", proxy(enabled=False), None, 201),
        post("/proxies/db", proxy(enabled=True), {"listen": "127.0.0.1:@1", "enabled": True}),
        up("@1"),
        post("/proxies/db", proxy(listen="127.0.0.1:@1", enabled=False), {"enabled": False}),
        down("@1"),
    ],
    "delete": [
        created(),
        up("@1"),
        delete("/proxies/db"),
        down("@1"),
        get("/proxies/db", NO_PROXY, 404),
        delete("/proxies/db", NO_PROXY, 404),
    ],
    "a port that is taken": [
        created(),
        post("/proxies", proxy("test"), "listen tcp 127.0.0.1:@1: bind: address already in use", 500),
        delete("/proxies/db"),
        post("/proxies", proxy("test"), None, 201),
    ],
    "a name that is taken": [
        created(),
        post("/proxies", proxy(listen="localhost:@2"), PROXY_THERE, 409),
        delete("/proxies/db"),
        post("/proxies", proxy(listen="localhost:@2"), None, 201),
    ],
    "reset": [
        created(),
        post(TOXICS, {"type": "latency", "attributes": {"latency": 100, "jitter": 10}}, toxic("latency", latency=100, jitter=10)),
        post("/reset", None, None, 204),
        get("/proxies", {"db": {"enabled": True}}),
        get(TOXICS, []),
        up("@1"),
    ],
    "listing toxics": [created(), get(TOXICS, [])],
    "adding a toxic": [
        created(),
        post(TOXICS, toxic("latency", "foobar", latency=100, jitter=10), toxic("latency", "foobar", latency=100, jitter=10)),
        get(TOXICS, [toxic("latency", "foobar", latency=100, jitter=10)]),
    ],
    "adding two of a kind": [
        created(),
        post(TOXICS, {"name": "latency1", "type": "latency", "stream": "downstream", "attributes": None}),
        post(TOXICS, {"name": "latency2", "type": "latency", "stream": "downstream", "attributes": None}),
        get(TOXICS, [toxic("latency", "latency1", latency=0, jitter=0), toxic("latency", "latency2", latency=0, jitter=0)]),
    ],
    "a toxic's name that is taken": [
        created(),
        post(TOXICS, toxic("latency", "foobar")),
        post(TOXICS, toxic("slow_close", "foobar"), TOXIC_THERE, 409),
        get(TOXICS, [toxic("latency", "foobar", latency=0, jitter=0)]),
    ],
    "a toxic's name that is taken on the other stream": [
        created(),
        post(TOXICS, toxic("latency", "foobar", "upstream")),
        post(TOXICS, toxic("latency", "foobar", "downstream"), TOXIC_THERE, 409),
        get(TOXICS, [toxic("latency", "foobar", "upstream", latency=0, jitter=0)]),
    ],
    "names by type and stream": [
        created(),
        post(TOXICS, {"name": "", "type": "latency", "stream": "upstream", "attributes": None}),
        post(TOXICS, {"name": "", "type": "latency", "stream": "downstream", "attributes": None}),
        get(TOXICS, [toxic("latency", stream="upstream", latency=0, jitter=0), LATENCY]),
    ],
    "a toxicity": [
        created(),
        post(TOXICS, toxic("latency", toxicity=0.2, latency=100, jitter=10), toxic("latency", toxicity=0.2, latency=100, jitter=10)),
        get(TOXICS, [toxic("latency", toxicity=0.2, latency=100, jitter=10)]),
    ],
    "noop": [
        created(),
        post(TOXICS, {"name": "foobar", "type": "noop", "toxicity": 1, "attributes": None}, toxic("noop", "foobar")),
        get(TOXICS, [toxic("noop", "foobar")]),
    ],
    "updating a toxic": [
        created(),
        post(TOXICS, toxic("latency", latency=100, jitter=10)),
        patch(f"{TOXICS}/latency_downstream", {"toxicity": 0.5, "attributes": {"latency": 1000}}, {"toxicity": 0.5}),
        patch(f"{TOXICS}/latency_downstream", {"attributes": {"latency": 500}}, toxic("latency", toxicity=0.5, latency=500, jitter=10)),
        get(TOXICS, [toxic("latency", toxicity=0.5, latency=500, jitter=10)]),
    ],
    "removing a toxic": [
        created(),
        post(TOXICS, {"type": "latency"}, LATENCY),
        delete(f"{TOXICS}/latency_downstream"),
        get(TOXICS, []),
    ],
    "the version": [get("/version", {"version": re.compile(r"2\.\d+\.\d+|git")})],
    "a stream that is none": [created(), post(TOXICS, {"type": "latency", "stream": "walrustream"}, BAD_STREAM, 400)],
}
