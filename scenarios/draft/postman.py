"""A collection of Postman (v2.0 or v2.1): its requests, in whatever folders. Variables' values are never looked at, but for the address."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from scenarios.draft.har import json_or_none
from scenarios.draft.published import EXAMPLE, METHODS, Service, base_of, items, mapping, text
from scenarios.draft.recorded import Exchange, is_plain, service_of
from scenarios.harmless import clipped

_MOST_REQUESTS = 5000
_MOST_SHOWN = 200
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_URL = re.compile(r"(?:(?P<scheme>[A-Za-z]+)://)?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?")
_OURS = re.compile(r"\W+")


def is_postman(document: object) -> bool:
    """Whether it is such a collection, as far as its first lines say."""
    found = mapping(document)
    return isinstance(found.get("item"), list) and isinstance(found.get("info"), dict)


def collected(document: Mapping[str, object]) -> Service:
    """What is kept of the service."""
    known = {
        text(each.get("key")) or text(each.get("id")): text(each.get("value")) for each in map(mapping, items(document.get("variable")))
    }
    exchanges, unset = list[Exchange](), dict[str, None]()
    keys, notes = list(_keys(document)), list[str]()
    for number, (item, auths) in enumerate(_requests(document)):
        if number == _MOST_REQUESTS:
            notes.append(f"only the first {_MOST_REQUESTS:,} requests were looked at")
            break
        keys += _keys(item)
        exchanges += _exchange(item, auths, known)
        unset |= dict.fromkeys(_unset(_raw(item["request"]), known))
    service = service_of(exchanges, notes, keys)
    if service.base or not unset:
        return service
    name = clipped(next(iter(unset)), _MOST_SHOWN)
    return replace(
        service, about_base=f"its address is {{{{{name}}}}}, which the collection does not set; write what it stands for, as {EXAMPLE}"
    )


def _unset(raw: str, known: Mapping[str, str]) -> Iterator[str]:
    """The variables that stand for a request's host, or in it, and have no value here."""
    found = _URL.match(raw.strip())
    yield from (name for each in _VARIABLE.findall(found["host"] if found else "") if (name := each.strip()) not in known)


def _requests(document: Mapping[str, object]) -> Iterator[tuple[Mapping[str, object], tuple[object, ...]]]:
    """Each request's item in the collection's order, with what it and the folders about it say of `auth`."""
    left: list[tuple[object, tuple[object, ...]]] = [(document, ())]
    while left:
        node, auths = left.pop()
        item = mapping(node)
        auths = auths if "auth" not in item else (item["auth"],)
        if "request" in item:
            yield item, auths
        left += [(inner, auths) for inner in reversed(items(item.get("item")))]


def _exchange(item: Mapping[str, object], auths: tuple[object, ...], known: Mapping[str, str]) -> Iterator[Exchange]:
    plain = item["request"]
    request: Mapping[str, object] = {"url": plain, "method": "GET"} if isinstance(plain, str) else mapping(plain)
    method, url = (text(request.get("method")) or "GET").lower(), request.get("url")
    found = _URL.match(_raw(plain).strip())
    if method not in METHODS or found is None:
        return
    base, above = _based(found, known)
    query = [text(each.get("key")) for each in map(mapping, items(mapping(url).get("query"))) if not each.get("disabled")]
    body, form = _sent(mapping(request.get("body")))
    auth = mapping(request["auth"] if "auth" in request else auths[0] if auths else None)
    headers = tuple((name, "") for name in _header_names(request.get("header")))
    said_bearer = any(
        text(mapping(each).get("key")).lower() == "authorization" and text(mapping(each).get("value")).lower().startswith("bearer ")
        for each in items(request.get("header"))
    )
    status, answer = _answer(item.get("response"))
    yield Exchange(
        method.upper(),
        base,
        above + _path(found["path"]),
        tuple(query or [name for name, _ in parse_qsl(found["query"] or "", keep_blank_values=True)]),
        headers,
        body,
        form,
        status,
        answer,
        name=text(item.get("name")),
        bearer=said_bearer or auth.get("type") in ("bearer", "oauth2"),
    )


def _raw(request: object) -> str:
    """A request's address as it is written, with its variables."""
    url = request if isinstance(request, str) else mapping(request).get("url")
    return url if isinstance(url, str) else text(mapping(url).get("raw")) or _joined(mapping(url))


def _joined(url: Mapping[str, object]) -> str:
    """An address that is given in parts only."""
    host, path = url.get("host"), url.get("path")
    host = host if isinstance(host, str) else ".".join(map(text, items(host)))
    path = path if isinstance(path, str) else "/".join(text(part) or text(mapping(part).get("value")) for part in items(path))
    port = text(url.get("port"))
    return f"{text(url.get('protocol')) or 'http'}://{host}{f':{port}' if port else ''}/{path.lstrip('/')}"


def _based(found: "re.Match[str]", known: Mapping[str, str]) -> tuple[str, str]:
    """The base address, and the path that a variable puts before the request's own; neither where it is not known or may hold a secret."""
    said = _VARIABLE.sub(lambda variable: known.get(variable[1].strip(), variable[0]), found["host"])
    scheme = f"{found['scheme']}://" if found["scheme"] else "" if "://" in said else "http://"
    origin = _URL.match(f"{scheme}{said}")
    if origin is None or origin["query"] or not is_plain(origin["path"]):
        return "", ""
    base = base_of(f"{origin['scheme']}://{origin['host']}")
    return (base, origin["path"].rstrip("/")) if base else ("", "")


def _path(said: str) -> str:
    """The path with Postman's two kinds of variables as holes."""
    parts = []
    for part in said.split("/"):
        variable = _VARIABLE.search(part)
        name = variable[1] if variable else part[1:] if part.startswith(":") else None
        parts.append(part if name is None else f"{{{_OURS.sub('_', name.strip()) or 'id'}}}")
    return "/".join(parts) or "/"


def _sent(body: Mapping[str, object]) -> tuple[object, bool]:
    """The document or the form that is sent, and whether it is a form."""
    mode = text(body.get("mode"))
    if mode in ("urlencoded", "formdata"):
        fields = (mapping(each) for each in items(body.get(mode)))
        return {text(each.get("key")): "" for each in fields if text(each.get("key")) and not each.get("disabled")}, True
    if mode == "graphql":
        asked = mapping(body.get(mode))
        given = asked.get("variables")
        given = json_or_none(given) or json_or_none(_VARIABLE.sub("0", given)) if isinstance(given, str) else given
        return {
            "query": _VARIABLE.sub("0", text(asked.get("query"))),
            "operationName": asked.get("operationName"),
            "variables": given,
        }, False
    said = text(body.get("raw"))
    return json_or_none(said) or json_or_none(_VARIABLE.sub("0", said)), False


def _answer(responses: object) -> tuple[int, object]:
    """The first answer that is kept as a success."""
    for kept in map(mapping, items(responses)):
        status = kept.get("code")
        if isinstance(status, int) and 200 <= status < 300:  # noqa: PLR2004 - what counts as success in HTTP
            return status, json_or_none(text(kept.get("body")))
    return 0, None


def _header_names(headers: object) -> Iterator[str]:
    """Of a list of them, or of a text of lines."""
    if isinstance(headers, str):
        yield from (line.partition(":")[0].strip() for line in headers.splitlines())
    yield from (text(mapping(each).get("key")) for each in items(headers) if not mapping(each).get("disabled"))


def _keys(node: Mapping[str, object]) -> Iterator[str]:
    """Headers in which an `auth` of the kind apikey puts its key."""
    request = mapping(node.get("request"))
    for auth in (mapping(node.get("auth")), mapping(request.get("auth"))):
        said = auth.get("apikey")
        pairs = said if isinstance(said, dict) else {text(mapping(each).get("key")): mapping(each).get("value") for each in items(said)}
        if auth.get("type") == "apikey" and pairs.get("in", "header") == "header" and text(pairs.get("key")):
            yield text(pairs["key"])
