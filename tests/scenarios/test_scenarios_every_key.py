"""Each key that a target's file may have, found in its schema so that a new one is too: mistyped, or of the wrong type, it is refused."""

import copy
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from scenarios.errors import EXIT_USAGE, BadInput
from scenarios.plugins import load_target
from scenarios.target.model import Target

Way = tuple[str | int, ...]

SMALL: dict[str, Any] = {
    "name": "shop",
    "describe": "A small one.",
    "services": {"s": {"base": "http://127.0.0.1:1"}},
    "operations": {"a": {"service": "s", "path": "/a", "authorised": False}},
}
SCHEMA = Target.model_json_schema()
FREE = ("body", "each", "variables", "configuration", "arguments", "whole", "broken")
"""What may hold any document, by the last name on the way to it."""
WRONG = ([[]], {"q": {"r": [1]}}, float("-inf"))


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node


def keys(node: dict[str, Any], way: Way = (), above: tuple[str, ...] = ()) -> Iterator[Way]:
    """The ways to all keys below a part of the schema, each once for each model that may stand there."""
    for choice in node.get("anyOf") or [node]:
        name = choice.get("$ref", "")
        if name and name in above:
            continue
        inner, there = _resolved(choice), (*above, name)
        for key, below in inner.get("properties", {}).items():
            yield (*way, key)
            yield from keys(below, (*way, key), there)
        for step, below in (("x", _any_other(inner)), (0, inner.get("items"))):
            if isinstance(below, dict):
                yield from keys(below, (*way, step), there)


def _any_other(node: dict[str, Any]) -> object:
    more = node.get("additionalProperties")
    return more if isinstance(more, dict) else next(iter(node.get("patternProperties", {}).values()), None)


KEYS = sorted(set(keys(SCHEMA)), key=str)


def put(way: Way, value: object) -> dict[str, Any]:
    """A small file with that value on that way."""
    tree = copy.deepcopy(SMALL)
    node: Any = tree
    for step, following in itertools.pairwise(way):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            node.append(empty)
        elif not isinstance(node.get(step), type(empty)):
            node[step] = empty
        node = node[step]
    node[way[-1]] = value
    return tree


def blamed(tree: dict[str, Any]) -> set[Way]:
    """The ways that its refusal names; those of a union's choices are the union's own."""
    with pytest.raises(ValidationError) as refused:
        Target.model_validate(tree)
    return {error["loc"] for error in refused.value.errors()}


def _is_at(loc: Way, way: Way) -> bool:
    """Whether an error stands at that way or below it; between its steps a union may have named the choice that was tried."""
    left = iter(loc)
    return all(step in left for step in way)


def _refusal(folder: Path, tree: dict[str, Any]) -> BadInput:
    (folder / "shop.yaml").write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), "utf-8")
    with pytest.raises(BadInput) as refused:
        load_target(str(folder / "shop.yaml"))
    return refused.value


def test_what_is_of_the_wrong_type_is_refused_at_its_line(tmp_path: Path) -> None:
    """For each of four hundred keys: a list of lists, a mapping of anything, a number without end; in one sentence, of that key."""
    assert len(KEYS) > 300
    for number, way in enumerate(key for key in KEYS if key[-1] not in FREE):
        for value in WRONG:
            assert any(_is_at(loc, way) for loc in blamed(put(way, value))), (way, value)
        refused = _refusal(tmp_path, put(way, WRONG[number % len(WRONG)]))
        assert refused.line is not None, (way, refused)
        assert refused.exit_code == EXIT_USAGE
        assert str(refused).isprintable()
        assert len(refused.what) <= 1000


def test_a_key_that_is_mistyped_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    """Wherever it stands, and whatever else is missing there."""
    for way in KEYS:
        tree = put((*way[:-1], f"{way[-1]}q"), "x")
        refused = _refusal(tmp_path, tree)
        assert f"{way[-1]}q" in refused.what, (way, refused)
        assert f"did you mean '{way[-1]}'" in refused.what or "allowed" in refused.what, (way, refused)
        assert refused.line is not None, way
