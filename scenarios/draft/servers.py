"""Where an OpenAPI document says that the service is: its first server, variables by their defaults; and what is to be said of that."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from scenarios.draft.published import EXAMPLE, UNNAMED, base_of, items, mapping, text
from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.addresses import parse_address

_MOST_SERVERS = 20
_MOST_SHOWN = 200
_HOLE = re.compile(r"\{([^{}]*)\}")


def address_of(document: Mapping[str, object]) -> tuple[str, str]:
    """The base address, empty where there is none that a file can hold; and a sentence about it, empty where nothing is to be said."""
    urls = [url for url in _urls(document) if url]
    if not urls:
        return "", UNNAMED
    first, *others = urls
    base = base_of(first)
    besides = [found for url in others if (found := base_of(url) or base_of(f"https://{url}")) and found != base]
    if base:
        return base, f"published besides: {clipped(', '.join(besides), _MOST_SHOWN)}; take the test system's" if besides else ""
    if any(sign in first for sign in "@?#"):  # whatever stands there is none of ours to show
        return "", f"its address names a user or a query, which no base may; write it without, as {EXAMPLE}"
    if hole := _HOLE.search(first):
        return "", f"published as {clipped(first, _MOST_SHOWN)!r}, where {{{clipped(hole[1], _MOST_SHOWN)}}} has no default; fill it in"
    if _is_host(first) and (base := base_of(f"https://{first}")):
        return base, f"published as {clipped(first, _MOST_SHOWN)!r}, without http:// or https:// before it; https is taken"
    path = clipped(first.strip("/."), _MOST_SHOWN)
    return "", f"published as {clipped(first, _MOST_SHOWN)!r}, a path of the host that serves the document; write both, as {EXAMPLE}/{path}"


def _urls(document: Mapping[str, object]) -> Iterator[str]:
    for server in map(mapping, islice(items(document.get("servers")), _MOST_SERVERS)):
        variables = mapping(server.get("variables"))
        defaults = {str(name): text(mapping(said).get("default")) for name, said in variables.items()}
        yield _HOLE.sub(lambda hole, known=defaults: known.get(hole[1]) or hole[0], text(server.get("url")).strip())  # type: ignore[misc]


def _is_host(url: str) -> bool:
    """Whether it begins with a host, though no scheme stands before it, and not with a word of a path."""
    place = url.partition("/")[0]
    try:
        parse_address(f"https://{place}")
    except BadInput:
        return False
    return "." in place.strip(".") or ":" in place or place == "localhost"
