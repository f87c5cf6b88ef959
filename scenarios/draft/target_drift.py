"""What a target's file says of its operations that a service does not publish, or did not do when it was recorded."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from scenarios.draft.graphql import name_of
from scenarios.draft.published import Published, Service, shape_of
from scenarios.target.model import Target
from scenarios.target.operations import Operation


def drift(target: Target, service: Service) -> list[str]:
    """What the target's file says that is not published any more, and what is asked for that it does not send; a sentence each.

    A recording shows only what was done in it: what it lacks is no difference, unless that is all.
    """
    found: list[str] = []
    missing = dict(unseen(target, service))
    for name, operation in target.operations.items():
        there = None if name in missing else _same(target, operation, service)
        found += () if there is None else _differences(name, operation, there, target, recorded=service.recorded)
    if not service.recorded:
        return [*missing.values(), *found]
    return ["nothing that the target asks was recorded"] if target.operations and len(missing) == len(target.operations) else found


def unseen(target: Target, service: Service) -> Iterator[tuple[str, str]]:
    """The operations that are not there, each with its sentence."""
    for name, operation in target.operations.items():
        if _same(target, operation, service) is None:
            others = sorted(each.method for each in service.operations if shape_of(each.path) == shape_of(operation.path))
            instead = f"; published there: {', '.join(dict.fromkeys(others))}" if others else ""
            yield name, f"{name}: {operation.method} {operation.path}{_named(operation)} is not published{instead}"


def _named(operation: Operation) -> str:
    return f" ({name_of(operation.graphql.query)})" if operation.graphql else ""


def _same(target: Target, operation: Operation, service: Service) -> Published | None:
    """What the operation is, whatever its holes are called; a hole may stand for a word, as a recording cannot tell."""
    above = urlsplit(target.services[operation.service].base).path.rstrip("/")
    paths = [shape_of(operation.path), shape_of(f"{above}{operation.path}")]
    name = name_of(operation.graphql.query) if operation.graphql else ""
    here = [each for each in service.operations if each.method == operation.method and each.operation in (name, "")]
    here.sort(key=lambda each: each.operation != name)
    exactly = (each for each in here if shape_of(each.path) in paths)
    nearly = (each for each in here if any(_alike(path, shape_of(each.path)) for path in paths))
    return next(exactly, None) or (next(nearly, None) if service.recorded else None)


def _alike(one: str, other: str) -> bool:
    ones, others = one.split("/"), other.split("/")
    return len(ones) == len(others) and all(a == b or "{}" in (a, b) for a, b in zip(ones, others, strict=True))


def _sent(operation: Operation, there: Published) -> Mapping[str, object]:
    if operation.graphql is not None:
        return operation.graphql.variables if there.operation else {"query": "", "variables": ""}
    said = operation.body if isinstance(operation.body, dict) else operation.form or operation.multipart
    return said or {}


def _differences(name: str, operation: Operation, there: Published, target: Target, *, recorded: bool) -> Iterator[str]:
    sent = set(_sent(operation, there))
    key = {target.idempotency.body_field} if operation.effect and target.idempotency.body_field else set()
    asked, known_where, told_where = (
        ("was sent in the recording", "was not in the recording", "answered in the recording")
        if recorded
        else ("is asked for", "is not published", "published")
    )
    yield from (f"{name}: the field {field!r} {asked}, and is not sent" for field in there.required if field not in sent | key)
    known = {field.partition(".")[0] for field in there.body}
    yield from (f"{name}: the field {field!r} is sent, and {known_where}" for field in sorted(sent - known) if known)
    told = {f"$.{field}" for field in there.answer}
    for place in operation.extract.values():
        path = re.split(r"[|\[]", place)[0]
        if told and path.startswith("$.") and not any(field == path or field.startswith(f"{path}.") for field in told):
            yield f"{name}: nothing is {told_where} at {path}"
