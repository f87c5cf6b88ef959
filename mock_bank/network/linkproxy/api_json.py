"""Toxiproxy's JSON: what a request may say, and how proxies and toxics are written."""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import fields
from functools import cache

from mock_bank.network import toxics
from mock_bank.network.linkproxy import problems
from mock_bank.network.linkproxy.connection import Placed
from mock_bank.network.linkproxy.proxy import Address, Proxy
from mock_bank.network.toxics.stage import Toxic

Json = dict[str, object]


@cache
def kinds() -> dict[str, type[Toxic]]:
    """Every toxic found in the folder `mock_bank/network/toxics`, by its type."""
    modules = [importlib.import_module(f"{toxics.__name__}.{info.name}") for info in pkgutil.iter_modules(toxics.__path__)]
    found = [item for module in modules for item in vars(module).values() if isinstance(item, type) and issubclass(item, Toxic)]
    return {item.kind: item for item in found if item is not Toxic}


def read_object(body: bytes) -> Mapping[str, object]:
    """Read a JSON object."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise problems.bad_body("an object is expected")
    return value


def read_json(body: bytes) -> object:
    """Read JSON."""
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise problems.bad_body(str(error)) from error


def text(body: Mapping[str, object], key: str, default: str | None = None) -> str:
    """A string field; without a default it must be there."""
    value = body.get(key, default)
    if value is None or value == "":
        raise problems.missing(key)
    if not isinstance(value, str):
        raise problems.bad_body(f"{key} must be a string")
    return value


def flag(body: Mapping[str, object], key: str, *, default: bool) -> bool:
    """A boolean field."""
    value = body.get(key, default)
    if not isinstance(value, bool):
        raise problems.bad_body(f"{key} must be true or false")
    return value


def new_proxy(body: Mapping[str, object]) -> Proxy:
    """The proxy that a body describes, not yet listening."""
    return Proxy(text(body, "name"), Address.parse(text(body, "listen", "127.0.0.1:0")), Address.parse(text(body, "upstream")))


def new_toxic(body: Mapping[str, object]) -> Placed:
    """The toxic that a body describes; stream downstream, toxicity 1 and a name of type and stream are the defaults."""
    kind = text(body, "type")
    if kind not in kinds():
        raise problems.bad_kind(f"{kind}; known are {', '.join(sorted(kinds()))}")
    stream = text(body, "stream", "downstream")
    if stream not in {"upstream", "downstream"}:
        raise problems.bad_stream(stream)
    toxic = kinds()[kind](**_attributes(kinds()[kind], body))
    return Placed(text(body, "name", f"{kind}_{stream}"), stream, _toxicity(body, 1.0), toxic)


def changed_toxic(old: Placed, body: Mapping[str, object]) -> Placed:
    """`old` with what a body changes: attributes and toxicity; type and stream stay."""
    values = {field.name: getattr(old.toxic, field.name) for field in fields(old.toxic)}
    toxic = type(old.toxic)(**{**values, **_attributes(type(old.toxic), body)})
    return Placed(old.name, old.stream, _toxicity(body, old.toxicity), toxic)


def _toxicity(body: Mapping[str, object], default: float) -> float:
    value = body.get("toxicity", default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise problems.bad_body("toxicity must be a number from 0 to 1")
    return float(value)


def _attributes(kind: type[Toxic], body: Mapping[str, object]) -> dict[str, int]:
    given = body.get("attributes") or {}
    if not isinstance(given, dict):
        raise problems.bad_body("attributes must be an object")
    allowed = [field.name for field in fields(kind)]
    for key, value in given.items():
        if key not in allowed:
            raise problems.bad_body(f"{kind.kind} has no attribute {key}; it has {', '.join(allowed)}")
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise problems.bad_body(f"{key} must be a whole number of at least 0")
    return dict(given)


def toxic_json(placed: Placed) -> Json:
    """A toxic, as the API writes it."""
    attributes = {field.name: getattr(placed.toxic, field.name) for field in fields(placed.toxic)}
    return {
        "name": placed.name,
        "type": placed.toxic.kind,
        "stream": placed.stream,
        "toxicity": placed.toxicity,
        "attributes": attributes,
    }


def proxy_json(proxy: Proxy) -> Json:
    """A proxy with its toxics, as the API writes it."""
    return {
        "name": proxy.name,
        "listen": str(proxy.listen),
        "upstream": str(proxy.upstream),
        "enabled": proxy.enabled,
        "toxics": [toxic_json(placed) for placed in proxy.toxics.values()],
    }
