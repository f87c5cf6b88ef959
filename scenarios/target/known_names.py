"""Which names may stand where in a target's file: one that nothing will ever fill is refused with its line, before any request."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.errors import Misfit, choices
from scenarios.target.named_places import NAME, Place, named_in
from scenarios.target.people import FACTS
from scenarios.target.stamps import fresh_names

CUSTOMER_STEP = frozenset({"customer", "name", "phone", "id_no", "card_no", "device", "opening_balance_fen", "tier"})
"""What a step of the preparation knows of one customer, besides what stands in their row and what they were told."""
PRIZE_STEP = frozenset({"sku", "stock", "face_fen", "restock_units", "restock_most", "restock_lead_ms"})
"""What one knows of one prize."""
PAGE = frozenset({"cursor", "page", "offset", "size"})
"""What a request of the read-back knows of its page."""
KEY = "key"

_NAME = re.compile(r"(?<!\{)\{(" + NAME + r")(?:\|[^{}]*)?\}")
_ELSEWHERE = ("campaign.", "secret.", "data.", "enrolled.", "operator.", "topology")
"""How names begin that are held against what there is by others."""
_TEXTS = ("path", "paging", "headers", "body", "form", "multipart", "text", "each")
_NOBODY: frozenset[str] = frozenset()
Tree = Mapping[str, Any]
Found = tuple[Place, str]


def unknown_names(tree: Tree, given: frozenset[str]) -> Iterator[Misfit]:
    """Each name in a target's document that nobody knows at its place; `given` are those that journeys give with their questions."""
    for at, asked, known in (*_places(tree), *_of_customers(tree, given)):
        for place, name in _named(asked, at):
            if name not in known and not name.startswith(_ELSEWHERE):
                yield Misfit(f"{{{name}}} is known to nobody here; {choices(name, sorted(known))}", *place)
    yield from _lists_not_sent(tree)


def _of_customers(tree: Tree, given: frozenset[str]) -> Iterator[tuple[Place, Any, frozenset[str]]]:
    """What customers send and what that means: they know themselves, what answers have told, and what a journey gives."""
    known = FACTS | given | _told(tree) | _fresh(tree) | {KEY}
    yield ("headers",), tree["headers"], known
    for name, operation in tree["operations"].items():
        effect = operation["effect"] or {}
        yield ("operations", name), _said(operation), known
        yield ("operations", name, "effect"), {part: effect.get(part) for part in ("business", "amount", "asks_about")}, known


def _places(tree: Tree) -> Iterator[tuple[Place, Any, frozenset[str]]]:
    """Each part of the document that is filled for the operator or for nobody, where it stands, and the names that are known there."""
    fresh = _fresh(tree)
    for name, service in tree["services"].items():
        yield ("services", name), {part: service[part] for part in ("base", "also_at")}, _NOBODY
    yield ("handles",), tree["handles"], _NOBODY
    yield ("test_mark",), {"value": tree["test_mark"]["value"]}, _NOBODY
    for key, known in (("health", _NOBODY), ("events", frozenset({"since"}))):
        yield (key,), {"url": (tree[key] or {}).get("url")}, known
    yield ("books",), {"account": (tree["books"] or {}).get("account")}, frozenset({"customer"})
    for at, request in _of_the_operator(tree):
        yield at, _said(request), fresh
    for name, table in ((tree["readback"] or {}).get("tables") or {}).items():
        yield ("readback", "tables", name), _said(table), fresh | PAGE
    for stage, steps in tree["prepare"].items():
        for number, step in enumerate(steps):
            yield from _step(("prepare", stage, number), step, fresh)


def _of_the_operator(tree: Tree) -> Iterator[tuple[Place, Tree]]:
    parts = {"operator": ("login", "renew", "logout"), "kill_switch": ("state", "pause", "resume")}
    for key, names in parts.items():
        yield from (((key, name), tree[key][name]) for name in names if tree[key] and tree[key][name])
    yield from (((key,), tree[key]) for key in ("mark_echo", "proof") if tree[key])
    for name, switch in tree["admin"].items():
        yield from ((("admin", name, part), switch[part]) for part in ("state", "inject", "undo"))


def _step(at: Place, step: Tree, fresh: frozenset[str]) -> Iterator[tuple[Place, Any, frozenset[str]]]:
    """A step knows one customer or prize; with `each` that knows them, and the request their list."""
    whose = {"customers": CUSTOMER_STEP, "prizes": PRIZE_STEP}.get(step["over"], _NOBODY)
    if step["each"] is None:
        yield at, _said(step), fresh | whose
        return
    yield at, {"each": step["each"]}, whose
    request = {part: said for part, said in _said(step).items() if part != "each"}
    yield at, request, fresh | {"list"}


def _lists_not_sent(tree: Tree) -> Iterator[Misfit]:
    for stage, steps in tree["prepare"].items():
        for number, step in enumerate(steps):
            sent = {name for part, said in _said(step).items() if part != "each" for _, name in _named(said, ())}
            if step["each"] is not None and "list" not in sent:
                yield Misfit("each is what stands for one in the list, and nothing carries {list}", "prepare", stage, number, "each")


def _said(request: Tree) -> dict[str, Any]:
    """What of a request has placeholders."""
    graphql = request.get("graphql")
    return {part: request.get(part) for part in _TEXTS} | ({"graphql": {"variables": graphql["variables"]}} if graphql else {})


def _named(tree: object, at: Place) -> Iterator[Found]:
    yield from (((*at, *place), name) for place, name in named_in(tree, _NAME))


def _told(tree: Tree) -> frozenset[str]:
    return frozenset(name for operation in tree["operations"].values() for name in operation["extract"])


def _fresh(tree: Tree) -> frozenset[str]:
    return frozenset(fresh_names(_told(tree), signed=tree["signature"] is not None))
