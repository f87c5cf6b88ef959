"""What Toxiproxy 2.12 answers, request by request: each case begins with no proxy, and the real server passes all of them.

The first table says what the real server's own API tests say; the second one what clients and people send besides. ``@1`` to ``@3`` are
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


def refused(body: str, detail: str) -> list[Step]:
    """A body of a proxy that is none."""
    return [post("/proxies", body, f"bad request body: {detail}", 400), get("/proxies", {})]


def unlistenable(listen: str, detail: str | re.Pattern[str]) -> list[Step]:
    """An address that nobody can listen at: refused by a creation and, where it is none at all, by a change."""
    said = detail if isinstance(detail, str) else detail.pattern
    kept = re.compile if isinstance(detail, re.Pattern) else str
    return [
        post("/proxies", proxy(listen=listen), kept(f"listen tcp: {said}"), 500),
        post("/proxies", proxy("other", enabled=False), None, 201),
        patch("/proxies/other", {"listen": listen}, detail, 500),
        get("/proxies/other", {"listen": "localhost:@1"}),
    ]


def attributes(kind: str, given: object, says: Says, status: int = 200) -> list[Step]:
    """A toxic with these attributes."""
    return [created(), post(TOXICS, {"type": kind, "attributes": given}, says, status)]


def whole_number(found: str) -> str:
    """The refusal of a latency that is none."""
    return f"bad request body: json: cannot unmarshal {found} into Go struct field LatencyToxic.attributes.latency of type int64"


REQUESTS: dict[str, list[Step]] = {
    # Roads and methods
    "an unknown road": [get("/nowhere", NOT_FOUND, 404)],
    "a road with a slash too many": [get("/proxies/", NOT_FOUND, 404)],
    "an unknown road for a browser": [get("/nowhere", NOT_FOUND, 404, BROWSER)],
    "browsers are known by their first letters": [get("/proxies", {}, agent="mozilla/5.0")],
    "browsers may change nothing": [Step("POST", "/reset", None, 403, Plain("User agent not allowed\n"), BROWSER)],
    "PUT": [Step("PUT", "/proxies", {}, 405)],
    "OPTIONS": [Step("OPTIONS", "/proxies", None, 405)],
    "HEAD": [Step("HEAD", "/proxies", None, 405)],
    "GET of a reset": [get("/reset", None, 405)],
    "metrics that nobody asked for": [get("/metrics", NOT_FOUND, 404)],
    "a toxic of a proxy that is not there": [
        post("/proxies/none/toxics", {"type": "latency"}, NO_PROXY, 404),
        get("/proxies/none/toxics", NO_PROXY, 404),
        patch("/proxies/none", "no json", NO_PROXY, 404),
        delete("/proxies/none/toxics/none", NO_PROXY, 404),
    ],
    "a toxic that is not there": [
        created(),
        get(f"{TOXICS}/none", NO_TOXIC, 404),
        patch(f"{TOXICS}/none", "no json", NO_TOXIC, 404),
        delete(f"{TOXICS}/none", NO_TOXIC, 404),
    ],
    # JSON
    "no body": refused("", "EOF"),
    "a blank body": refused(" \n", "EOF"),
    "half a body": refused('{"name": "a', "unexpected EOF"),
    "a word": refused("nope", "invalid character 'o' in literal null (expecting 'u')"),
    "NaN": refused('{"name": NaN}', "invalid character 'N' looking for beginning of value"),
    "a comma too many": refused('{"name": "a",}', "invalid character '}' looking for beginning of object key string"),
    "a comma too few": refused('{"name": "a" "upstream": "b"}', "invalid character '\"' after object key:value pair"),
    "no colon": refused('{"name" 5}', "invalid character '5' after object key"),
    "a bad escape": refused('{"name": "\\q"}', "invalid character 'q' in string escape code"),
    "a raw tab": refused('{"name": "\t"}', "invalid character '\\t' in string literal"),
    "a byte order mark": refused("\ufeff{}", "invalid character 'ï' looking for beginning of value"),
    "a list": refused("[]", "json: cannot unmarshal array into Go value of type toxiproxy.Proxy"),
    "a number": refused("5", "json: cannot unmarshal number into Go value of type toxiproxy.Proxy"),
    "a name that is a number": refused('{"name": 5}', "json: cannot unmarshal number into Go struct field Proxy.name of type string"),
    "enabled by a word": refused(
        '{"name": "a", "upstream": "b", "enabled": "yes"}',
        "json: cannot unmarshal string into Go struct field Proxy.enabled of type bool",
    ),
    "null is nothing": [post("/proxies", "null", NAMELESS, 400)],
    "null for a name": [post("/proxies", {"name": None, "upstream": "b"}, NAMELESS, 400)],
    "null for enabled": [post("/proxies", {**proxy(), "enabled": None}, {"enabled": True}, 201)],
    "fields in another case": [
        post("/proxies", {"NAME": "db", "Upstream": "b", "ENABLED": False}, {"name": "db", "upstream": "b", "enabled": False}, 201)
    ],
    "unknown fields": [post("/proxies", {**proxy(), "weight": [1, {"a": 2}]}, {"name": "db"}, 201)],
    "something behind the body": [post("/proxies", '{"name":"db","upstream":"b","enabled":false} and more', {"name": "db"}, 201)],
    "the last of two counts": [post("/proxies", '{"name":"a","name":"b","upstream":"b","enabled":false}', {"name": "b"}, 201)],
    "half of a character": [post("/proxies", '{"name":"a\\ud800b","upstream":"b","enabled":false}', {"name": "a\ufffdb"}, 201)],
    # Addresses
    "an empty listen": [post("/proxies", {"name": "db", "upstream": "b", "listen": ""}, {"listen": ANY_LISTEN}, 201)],
    "no listen": [post("/proxies", {"name": "db", "upstream": "b"}, {"listen": ANY_LISTEN}, 201)],
    "a listen without a host": [post("/proxies", proxy(listen=":0"), {"listen": ANY_LISTEN}, 201)],
    "a listen without a port number": [post("/proxies", proxy(listen="localhost:"), {"listen": re.compile(r"127\.0\.0\.1:\d+")}, 201)],
    "everywhere": [post("/proxies", proxy(listen="0.0.0.0:@1"), {"listen": "[::]:@1"}, 201), up("@1")],
    "everywhere in IPv6": [post("/proxies", proxy(listen="[::]:@1"), {"listen": "[::]:@1"}, 201), up("@1")],
    "IPv6": [post("/proxies", proxy(listen="[::1]:@1"), {"listen": "[::1]:@1"}, 201), down("@1")],
    "a name in brackets": [post("/proxies", proxy(listen="[localhost]:@1"), {"listen": "127.0.0.1:@1"}, 201)],
    "no port": unlistenable("local373", "address local373: missing port in address"),
    "IPv6 without a port": unlistenable("[::1]", "address [::1]: missing port in address"),
    "IPv6 without brackets": unlistenable("::1:80", "address ::1:80: too many colons in address"),
    "half a bracket": unlistenable("[::1:80", "address [::1:80: missing ']' in address"),
    "an unknown service": unlistenable("localhost:nope", "address tcp/nope: unknown port"),
    "a port beyond the last": unlistenable("localhost:65536", "address 65536: invalid port"),
    "a port below the first": unlistenable("localhost:-1", "address -1: invalid port"),
    "a host that nobody knows": unlistenable("nohost.invalid:80", re.compile(r"lookup nohost\.invalid( on \S+)?: no such host")),
    "an address of somebody else": [
        post("/proxies", proxy(listen="192.0.2.1:80"), "listen tcp 192.0.2.1:80: bind: cannot assign requested address", 500)
    ],
    "an upstream without a port": [post("/proxies", proxy(upstream="nowhere"), {"upstream": "nowhere", "enabled": True}, 201)],
    "an upstream that nobody can be": [post("/proxies", proxy(upstream="a:b:c"), {"upstream": "a:b:c"}, 201)],
    "an upstream that is emptied": [created(), patch("/proxies/db", {"upstream": ""}, {"upstream": "", "enabled": True})],
    "a listen that is emptied": [
        created(),
        patch("/proxies/db", {"enabled": False, "listen": ""}, {"listen": "", "enabled": False}),
        patch("/proxies/db", {"enabled": True}, {"listen": ANY_LISTEN, "enabled": True}),
    ],
    "a disabled proxy is not asked where it would listen": [
        post("/proxies", proxy(listen="nonsense", enabled=False), {"listen": "nonsense"}, 201),
        patch("/proxies/db", {"enabled": True}, "address nonsense: missing port in address", 500),
        post("/reset", None, "listen tcp: address nonsense: missing port in address", 500),
    ],
    "a change to a port that is taken stops it": [
        created(),
        post("/proxies", proxy("other", "localhost:@2"), None, 201),
        patch("/proxies/other", {"listen": "localhost:@1"}, "listen tcp 127.0.0.1:@1: bind: address already in use", 500),
        get("/proxies/other", {"listen": "localhost:@1", "enabled": False}),
        down("@2"),
    ],
    # Proxies
    "a change keeps the name": [created(), patch("/proxies/db", {"name": "other"}, {"name": "db"})],
    "a change of nothing": [
        created(),
        patch("/proxies/db", "null", {"enabled": True}),
        patch("/proxies/db", "", "bad request body: EOF", 400),
    ],
    "a change keeps the toxics": [
        created(),
        post(TOXICS, {"type": "noop"}),
        patch("/proxies/db", {"upstream": "localhost:2"}, {"upstream": "localhost:2", "toxics": [{"type": "noop"}]}),
    ],
    "names with anything in them": [
        post("/proxies", proxy("a#b c%?"), {"name": "a#b c%?"}, 201),
        get("/proxies/a%23b%20c%25%3F", {"name": "a#b c%?"}),
        post("/proxies/a%23b%20c%25%3F/toxics", {"type": "noop", "name": "數#1"}, {"name": "數#1"}),
        delete("/proxies/a%23b%20c%25%3F/toxics/%E6%95%B8%231"),
        delete("/proxies/a%23b%20c%25%3F"),
    ],
    # Populate
    "populate with nothing": [post("/populate", [], {"proxies": None}, 201), post("/populate", "null", {"proxies": None}, 201)],
    "populate without a body": [post("/populate", "", {"error": "bad request body: EOF", "status": 400, "proxies": None}, 400)],
    "populate with an object": [post("/populate", {}, {"status": 400, "proxies": None}, 400)],
    "populate with a number": [post("/populate", [5], {"status": 400, "proxies": None}, 400)],
    "populate without an upstream": [
        post("/populate", [ONE, {"name": "two"}], {"error": f"{NOWHERE} at proxy 2", "status": 400, "proxies": None}, 400)
    ],
    "populate enables nothing that is there": [
        post("/proxies", ONE, None, 201),
        patch("/proxies/one", {"enabled": False}, {"listen": "127.0.0.1:@1"}),
        post("/populate", [ONE], {"proxies": [{"name": "one", "enabled": False}]}, 201),
        down("@1"),
    ],
    "populate disables nothing that is there": [
        post("/proxies", ONE, None, 201),
        post("/populate", [{**ONE, "enabled": False}], {"proxies": [{"name": "one", "enabled": True}]}, 201),
        up("@1"),
    ],
    "populate forgets the toxics of what it replaces": [
        post("/proxies", ONE, None, 201),
        post("/proxies/one/toxics", {"type": "noop"}),
        post("/populate", [{**ONE, "upstream": "localhost:2"}], {"proxies": [{"upstream": "localhost:2", "toxics": []}]}, 201),
    ],
    "populate with a bad address for one that is there": [
        post("/proxies", ONE, None, 201),
        post("/populate", [{**ONE, "listen": "nope"}], {"error": "address nope: missing port in address", "proxies": None}, 500),
        up("@1"),
    ],
    # Toxics
    "no type": [created(), post(TOXICS, {}, "invalid toxic type", 400), post(TOXICS, "null", "invalid toxic type", 400)],
    "an unknown type": [created(), post(TOXICS, {"type": "gremlin"}, "invalid toxic type", 400)],
    "a type in another case": [created(), post(TOXICS, {"type": "Latency"}, "invalid toxic type", 400)],
    "a stream comes before a type": [created(), post(TOXICS, {"type": "gremlin", "stream": "sideways"}, BAD_STREAM, 400)],
    "an empty stream": [created(), post(TOXICS, {"type": "latency", "stream": ""}, BAD_STREAM, 400)],
    "a stream in another case": [
        created(),
        post(TOXICS, {"type": "latency", "stream": "UPSTREAM"}, {"stream": "UPSTREAM", "name": "latency_UPSTREAM"}),
    ],
    "a name by type and stream is taken, too": [created(), post(TOXICS, LATENCY), post(TOXICS, {"type": "latency"}, TOXIC_THERE, 409)],
    "slicer": attributes(
        "slicer",
        {"average_size": 10, "size_variation": 2, "delay": 5},
        toxic("slicer", average_size=10, size_variation=2, delay=5),
    ),
    "bandwidth": attributes("bandwidth", None, toxic("bandwidth", rate=0)),
    "timeout": attributes("timeout", {}, toxic("timeout", timeout=0)),
    "reset_peer": attributes("reset_peer", {}, toxic("reset_peer", timeout=0)),
    "limit_data": attributes("limit_data", {}, toxic("limit_data", bytes=0)),
    "slow_close": attributes("slow_close", {}, toxic("slow_close", delay=0)),
    "attributes in another case, and unknown ones": attributes(
        "bandwidth", {"RATE": 5, "junk": True, "latency": "x"}, toxic("bandwidth", rate=5)
    ),
    "null for an attribute": attributes("latency", {"latency": None, "jitter": 3}, toxic("latency", latency=0, jitter=3)),
    "an attribute below 0": attributes("latency", {"latency": -5}, toxic("latency", latency=-5, jitter=0)),
    "an attribute that is a text": attributes("latency", {"latency": "5"}, whole_number("string"), 400),
    "an attribute that is true": attributes("latency", {"latency": True}, whole_number("bool"), 400),
    "an attribute with a fraction": attributes("latency", {"latency": 1.5}, whole_number("number 1.5"), 400),
    "an attribute with a fraction of nothing": attributes("latency", {"latency": 100.0}, whole_number("number 100.0"), 400),
    "an attribute beyond all numbers": attributes("latency", {"latency": 1 << 64}, whole_number(f"number {1 << 64}"), 400),
    "attributes that are none": attributes(
        "latency",
        5,
        "bad request body: json: cannot unmarshal number into Go struct field ToxicWrapper.attributes of type toxics.NoopToxic",
        400,
    ),
    "toxicities beyond both ends": [
        created(),
        post(TOXICS, toxic("noop", "a", toxicity=2), {"toxicity": 2}),
        post(TOXICS, toxic("noop", "b", toxicity=-1), {"toxicity": -1}),
    ],
    "a toxicity of many digits": [created(), post(TOXICS, toxic("noop", toxicity=0.123456789), {"toxicity": 0.12345679})],
    "null for a toxicity": [created(), post(TOXICS, {"type": "noop", "toxicity": None}, {"toxicity": 1})],
    "a toxicity that is a text": [
        created(),
        post(
            TOXICS,
            {"type": "noop", "toxicity": "1"},
            "bad request body: json: cannot unmarshal string into Go struct field ToxicWrapper.toxicity of type float32",
            400,
        ),
    ],
    "a change of a toxic's attributes in another case": [
        created(),
        post(TOXICS, {"type": "latency"}),
        post(f"{TOXICS}/latency_downstream", {"attributes": {"LATENCY": 7, "junk": 1}}, toxic("latency", latency=7, jitter=0)),
    ],
    "a change keeps a toxic's name, type and stream": [
        created(),
        post(TOXICS, {"type": "latency"}),
        patch(f"{TOXICS}/latency_downstream", {"name": "other", "type": "noop", "stream": "upstream"}, LATENCY),
    ],
    "a change of a toxic with no sense": [
        created(),
        post(TOXICS, {"type": "latency"}),
        patch(f"{TOXICS}/latency_downstream", {"attributes": {"latency": "x"}}, whole_number("string"), 400),
        patch(
            f"{TOXICS}/latency_downstream",
            {"toxicity": "x"},
            "bad request body: json: cannot unmarshal string into Go struct field .toxicity of type float32",
            400,
        ),
        get(f"{TOXICS}/latency_downstream", LATENCY),
    ],
    "toxics upstream are listed first": [
        created(),
        post(TOXICS, toxic("noop", "a")),
        post(TOXICS, toxic("noop", "b", "upstream")),
        get(TOXICS, [{"name": "b"}, {"name": "a"}]),
        get("/proxies/db", {"toxics": [{"name": "b"}, {"name": "a"}]}),
    ],
}
