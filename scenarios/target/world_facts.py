"""What a world's topology tells to a run: the names `topology.*` of the target's templates, and its secrets."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from scenarios.errors import BadInput
from scenarios.safe_reading import Unreadable, read_bounded
from scenarios.target.model import Target

MOST_BYTES = 1 << 22
_NAMED = re.compile(r"\{topology\.([\w.-]+)(?:\|\w+)?\}")


def read_facts(topology: Path) -> dict[str, object]:
    """What a topology's file tells now, by the paths of its values. Raises Unreadable."""
    try:
        tree = orjson.loads(read_bounded(topology, MOST_BYTES))
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"is no JSON: {error}") from None
    if not isinstance(tree, dict):
        raise Unreadable("is no topology, which is an object")
    return flattened(tree)


def flattened(tree: object) -> dict[str, object]:
    """A topology's values by their paths: `supervisor.url`, `gateways.gateway-a.campaign` (members of lists by their names)."""
    return dict(_flat("", tree))


def _flat(prefix: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{prefix}{name}.", inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict) and "name" in inner:
                yield from _flat(f"{prefix}{inner['name']}.", inner)
    else:
        yield prefix.rstrip("."), value


def world_statics(target: Target, facts: Mapping[str, object], path: Path | None) -> dict[str, object]:
    """The names that the target's templates use, and `topology`, the file itself; its secrets go into the environment instead.

    Raises:
        BadInput: the target names what the world does not have.
    """
    secrets = target.world.secrets if target.world else {}
    used = set(_NAMED.findall(target.model_dump_json()))
    missing = sorted((used | set(secrets.values())) - set(facts))
    if missing:
        raise BadInput(f"target {target.name} names topology.{missing[0]}, which the world does not have")
    for variable, key in secrets.items():
        os.environ[variable] = str(facts[key])
    return {f"topology.{name}": facts[name] for name in used} | {"topology": str(path or "")}
