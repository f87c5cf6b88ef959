"""A HAR of one tap-through, as browsers and proxies write them: the requests that are a service's operations, and no picture or script."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from scenarios.draft.published import METHODS, Service, base_of, items, mapping, text
from scenarios.draft.recorded import Exchange, service_of

_MOST_ENTRIES = 5000
_STATIC = re.compile(
    r"image/|font/|audio/|video/|text/(css|html|javascript)|application/(javascript|x-javascript|wasm|font)", re.IGNORECASE
)
_FILES = re.compile(r"\.(js|mjs|css|map|png|jpe?g|gif|svg|webp|ico|woff2?|ttf|mp4|html?)$", re.IGNORECASE)


def is_har(document: object) -> bool:
    """Whether it is one, as far as its first lines say."""
    return isinstance(mapping(mapping(document).get("log")).get("entries"), list)


def recorded(document: Mapping[str, object]) -> Service:
    """What was seen of the service."""
    entries = items(mapping(document["log"]).get("entries"))
    notes = [f"only the first {_MOST_ENTRIES:,} of {len(entries):,} requests were looked at"] if len(entries) > _MOST_ENTRIES else []
    return service_of(list(_exchanges(entries[:_MOST_ENTRIES])), notes)


def _exchanges(entries: list[object]) -> Iterator[Exchange]:
    for entry in map(mapping, entries):
        request, response = mapping(entry.get("request")), mapping(entry.get("response"))
        method, content = text(request.get("method")).lower(), mapping(response.get("content"))
        try:
            parts = urlsplit(text(request.get("url")))
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            continue
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        base = base_of(f"{parts.scheme}://{host}{port}")
        if (
            method not in METHODS
            or not base
            or _FILES.search(parts.path)
            or (method == "get" and _STATIC.match(text(content.get("mimeType"))))
        ):
            continue
        body, form = _sent(mapping(request.get("postData")))
        headers = _pairs(request.get("headers"))
        query = [name for name, _ in _pairs(request.get("queryString"))] or [
            name for name, _ in parse_qsl(parts.query, keep_blank_values=True)
        ]
        status = response.get("status")
        yield Exchange(
            method.upper(),
            base,
            parts.path or "/",
            tuple(query),
            headers,
            body,
            form,
            status if isinstance(status, int) else 0,
            _told(content),
            _pairs(response.get("headers")),
            bearer=any(name.lower() == "authorization" and value.lower().startswith("bearer ") for name, value in headers),
        )


def _pairs(node: object) -> tuple[tuple[str, str], ...]:
    """Names and values of a list of both; browsers put HTTP/2's own names among them, which begin with a colon."""
    found = ((text(mapping(each).get("name")), text(mapping(each).get("value"))) for each in items(node))
    return tuple((name, value) for name, value in found if name and not name.startswith(":"))


def _sent(data: Mapping[str, object]) -> tuple[object, bool]:
    """The document or the form that was sent, and whether it is a form."""
    kind, said = text(data.get("mimeType")).lower(), text(data.get("text"))
    if "form" in kind:
        return {name: "" for name, _ in _pairs(data.get("params"))} or dict(parse_qsl(said, keep_blank_values=True)), True
    return json_or_none(said), False


def _told(content: Mapping[str, object]) -> object:
    said = text(content.get("text"))
    if content.get("encoding") == "base64":
        try:
            said = base64.b64decode(said).decode("utf-8", "replace")
        except ValueError:
            return None
    return json_or_none(said)


def json_or_none(said: str) -> object:
    """The document that a text is, if it is one."""
    if said[:1] not in "{[" and said.strip()[:1] not in ("{", "["):
        return None
    try:
        found: object = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return found
