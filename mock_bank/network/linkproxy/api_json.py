"""Toxiproxy's JSON: what a request may say, and how proxies and toxics are written."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import fields
from functools import cache, wraps
from typing import ParamSpec, TypeVar, cast

from mock_bank.network import toxics
from mock_bank.network.linkproxy import go_json, problems
from mock_bank.network.linkproxy.connection import DIRECTIONS, Placed
from mock_bank.network.linkproxy.go_json import Shape
from mock_bank.network.linkproxy.proxy import Proxy
from mock_bank.network.toxics.stage import Toxic

Json = dict[str, object]
P = ParamSpec("P")
R = TypeVar("R")

_PROXY_FIELDS = {"name": "string", "listen": "string", "upstream": "string", "enabled": "bool"}
_PROXY = Shape("Proxy", "toxiproxy.Proxy", _PROXY_FIELDS)
_POPULATED_TYPE = 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }'
_POPULATED = Shape("", _POPULATED_TYPE, _PROXY_FIELDS)
_TOXIC_FIELDS = {"name": "string", "type": "string", "stream": "string", "toxicity": "float32"}
_TOXIC = Shape("ToxicWrapper", "toxics.ToxicWrapper", _TOXIC_FIELDS | {"attributes": Shape("NoopToxic", "toxics.NoopToxic", {})})
_CHANGED_TYPE = 'struct { Attributes interface {} "json:\\"attributes\\""; Toxicity float32 "json:\\"toxicity\\"" }'


@cache
def kinds() -> dict[str, type[Toxic]]:
    """Every toxic found in the folder `mock_bank/network/toxics`, by its type."""
    modules = [importlib.import_module(f"{toxics.__name__}.{info.name}") for info in pkgutil.iter_modules(toxics.__path__)]
    found = [item for module in modules for item in vars(module).values() if isinstance(item, type) and issubclass(item, Toxic)]
    return {item.kind: item for item in found if item is not Toxic}


def _refusing(read: Callable[P, R]) -> Callable[P, R]:
    @wraps(read)
    def refuse(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except go_json.Malformed as malformed:
            raise problems.bad_body(str(malformed)) from None

    return refuse


@_refusing
def read_proxy(body: bytes) -> Json:
    """What a body says of a proxy: name, listen, upstream, enabled, as far as they are there. Raises Refusal."""
    return go_json.fill(_PROXY, go_json.read(body))


@_refusing
def read_proxies(body: bytes) -> list[Json]:
    """What a body says of proxies, each of which has a name and an upstream. Raises Refusal."""
    found = [go_json.fill(_POPULATED, item) for item in go_json.items(go_json.read(body), f"[]{_POPULATED_TYPE}")]
    for place, described in enumerate(found, 1):
        needed(described, f" at proxy {place}")
    return found


def needed(described: Json, where: str = "") -> None:
    """A proxy has a name and an upstream. Raises Refusal."""
    for key in ("name", "upstream"):
        if not described.get(key):
            raise problems.missing(key + where)


def new_proxy(described: Json) -> Proxy:
    """The proxy that was described, not yet listening."""
    return Proxy(str(described["name"]), str(described.get("listen", "")), str(described["upstream"]))


@_refusing
def new_toxic(body: bytes, taken: Callable[[str], bool]) -> Placed:
    """The toxic that a body describes; stream downstream, toxicity 1 and a name of type and stream are the defaults.

    Raises:
        Refusal: it is none, or its name is `taken`.
    """
    value = go_json.read(body)
    described = {"type": "", "stream": "downstream", "toxicity": 1.0, **go_json.fill(_TOXIC, value)}
    kind, stream = str(described["type"]), str(described["stream"])
    if stream.lower() not in DIRECTIONS:
        raise problems.bad_stream()
    name = str(described.get("name") or f"{kind}_{stream}")
    if kind not in kinds():
        raise problems.bad_kind()
    if taken(name):
        raise problems.toxic_exists()
    toxic = kinds()[kind]
    attributes = go_json.fill(Shape("", "", {"attributes": _attributes(toxic)}), value).get("attributes", {})
    return Placed(name, stream, cast("float", described["toxicity"]), toxic(**cast("dict[str, int]", attributes)))


@_refusing
def changed_toxic(old: Placed, body: bytes) -> Placed:
    """`old` with what a body changes: attributes and toxicity; name, type and stream stay. Raises Refusal."""
    shape = Shape("", _CHANGED_TYPE, {"attributes": _attributes(type(old.toxic)), "toxicity": "float32"})
    described = go_json.fill(shape, go_json.read(body))
    attributes = _values(old.toxic) | cast("dict[str, int]", described.get("attributes", {}))
    return Placed(old.name, old.stream, cast("float", described.get("toxicity", old.toxicity)), type(old.toxic)(**attributes))


def _attributes(kind: type[Toxic]) -> Shape:
    name = f"{kind.__name__}Toxic"
    return Shape(name, f"toxics.{name}", {field.name: "int64" for field in fields(kind)})


def _values(toxic: Toxic) -> dict[str, int]:
    return {field.name: getattr(toxic, field.name) for field in fields(toxic)}


def toxic_json(placed: Placed) -> Json:
    """A toxic, as the API writes it."""
    shown = {"name": placed.name, "type": placed.toxic.kind, "stream": placed.stream, "toxicity": placed.toxicity}
    return {"attributes": _values(placed.toxic), **shown}


def toxics_json(proxy: Proxy) -> list[Json]:
    """A proxy's toxics, those upstream first."""
    return [toxic_json(placed) for direction in DIRECTIONS for placed in proxy.toxics.values() if placed.direction == direction]


def proxy_json(proxy: Proxy) -> Json:
    """A proxy with its toxics, as the API writes it."""
    shown = {"name": proxy.name, "listen": proxy.listen, "upstream": proxy.upstream, "enabled": proxy.enabled}
    return {**shown, "toxics": toxics_json(proxy)}
