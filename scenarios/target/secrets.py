"""Secrets: where they come from, and the one redactor before everything written."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from scenarios.errors import BadInput
from scenarios.target.model import Target

_SHOWN = "[redacted]"
_KEYS = re.compile(r"[(,]\s*(\w+)\s*\)")
"""What may be the key of a filter."""
_LEAST_LENGTH = 8


def secret_names(target: Target) -> list[str]:
    """Environment variables that a target declares as secrets, its world's included."""
    return [*target.secrets, *(target.world.secrets if target.world else ())]


def crowd_secrets(target: Target) -> list[str]:
    """Those of them that customers' own requests carry, or that open their answers; the operator's are not for load processes."""
    codec = target.model_dump_json(include={"operations", "headers", "test_mark", "authorisation", "signature"})
    opening = {service.decrypt.secret for service in target.services.values() if service.decrypt}
    keys = {*_KEYS.findall(codec), *opening, *((target.signature.secret,) if target.signature else ())}
    return [name for name in secret_names(target) if f"{{secret.{name}" in codec or name in keys]


def worldly_secrets(target: Target) -> list[str]:
    """Those that customers' requests carry and only the target's world knows, once it is up."""
    of_world = target.world.secrets if target.world else {}
    return [name for name in crowd_secrets(target) if name in of_world]


def secret_scope(target: Target, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The scope `secret.*` from the environment.

    Raises:
        BadInput: a declared variable is not set, or too short to be told from ordinary text and kept out of it.
    """
    return _scope(target, secret_names(target), environment)


def crowd_scope(target: Target, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Its part that customers' own requests need. Raises as `secret_scope`."""
    return _scope(target, crowd_secrets(target), environment)


def crowd_environment(target: Target, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for load processes: without the secrets that are the operator's."""
    kept = set(crowd_secrets(target))
    withheld = {name for name in secret_names(target) if name not in kept}
    return {name: value for name, value in environment.items() if name not in withheld}


def _scope(target: Target, names: list[str], environment: Mapping[str, str]) -> dict[str, str]:
    for name in names:
        if not environment.get(name):
            raise BadInput(f"target {target.name} needs the environment variable {name}, which is not set")
        if len(environment[name]) < _LEAST_LENGTH:
            raise BadInput(
                f"the secret {name} of target {target.name} is too short to be redacted; allowed: {_LEAST_LENGTH} characters or more"
            )
    return {f"secret.{name}": environment[name] for name in names}


def redacted(text: str, target: Target, environment: Mapping[str, str] = os.environ) -> str:
    """The text with the value of every declared secret taken out, also where it stands inside JSON or a URL."""
    return _without(text, shapes(target, environment))


def redacted_values(tree: object, hidden: tuple[str, ...]) -> object:
    """A document whose texts have these shapes of secrets taken out; numbers and names stay, so a row stays a row."""
    match tree:
        case str():
            return _without(tree, hidden)
        case dict():
            return {name: redacted_values(value, hidden) for name, value in tree.items()}
        case list():
            return [redacted_values(value, hidden) for value in tree]
    return tree


def shapes(target: Target, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """All that the values of declared secrets may look like."""
    return _shapes_of(environment.get(name, "") for name in secret_names(target))


def without_values(text: str, values: Iterable[str]) -> str:
    """The text with these secrets taken out, in whatever shape."""
    return _without(text, _shapes_of(values))


def _shapes_of(values: Iterable[str]) -> tuple[str, ...]:
    found = (
        shape
        for value in values
        if len(value) >= _LEAST_LENGTH
        for shape in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value, safe=""))
    )
    return tuple(dict.fromkeys(found))  # most look the same everywhere


def _without(text: str, hidden: tuple[str, ...]) -> str:
    for shape in hidden:
        text = text.replace(shape, _SHOWN)
    return text
