"""What clients and people send to Toxiproxy besides what its own tests do, and what it answers; as `toxiproxy_cases`."""

import re

from toxiproxy_cases import (
    ANY_LISTEN,
    BAD_STREAM,
    BROWSER,
    LATENCY,
    NAMELESS,
    NO_PROXY,
    NO_TOXIC,
    NOT_FOUND,
    NOWHERE,
    ONE,
    TOXIC_THERE,
    TOXICS,
    Plain,
    Says,
    Step,
    created,
    delete,
    down,
    get,
    patch,
    post,
    proxy,
    toxic,
    up,
)


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
    "names with braces": [
        post("/proxies", proxy("{a}"), {"name": "{a}"}, 201),
        get("/proxies/%7Ba%7D", {"name": "{a}"}),
        patch("/proxies/{a}", {"enabled": False}, {"enabled": False}),
        post("/proxies/%7Ba%7D/toxics", {"type": "noop", "name": "}"}, {"name": "}"}),
        patch("/proxies/%7Ba%7D/toxics/%7D", {"toxicity": 0.5}, {"toxicity": 0.5}),
        delete("/proxies/%7Ba%7D/toxics/%7D"),
        delete("/proxies/%7Ba%7D"),
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
