"""Each key that a target's file may have is told in docs/attach.md, and stands in a file that the tests attach something by."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from scenarios.plan.yaml_reading import read_yaml
from scenarios.plugins import PATH_VARIABLE, PROJECT, load_target
from scenarios.target.model import Target
from scenarios.target.readback import Defaults, Source

CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
FOREIGN = PROJECT / "tests" / "foreign"

BY_A_TEST = {
    ("Signature", "hook"): FOREIGN / "test_foreign_check.py",
    ("Tls", "alpn"): FOREIGN / "test_foreign_web.py",
    ("Tls", "verify"): FOREIGN / "test_foreign_web.py",
    ("Decryption", "at"): PROJECT / "tests" / "locustfiles" / "test_engine_decryption.py",
    ("SystemEvents", "rows"): PROJECT / "tests" / "chaos" / "test_chaos_tls.py",
    ("Target", "toolkit"): PROJECT / "tests" / "chaos" / "test_chaos_remote.py",
}
"""Keys that no example has: who tries them."""


def models(model: type[BaseModel], found: list[type[BaseModel]]) -> list[type[BaseModel]]:
    """The model and all that may stand in it."""
    if model not in found:
        found.append(model)
        for field in model.model_fields.values():
            for inner in _models_in(field.annotation):
                models(inner, found)
    return found


def _models_in(kind: object) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models_in(inner)


KEYS = [(model, name) for model in models(Target, []) for name in model.model_fields]


def brought(model: type[BaseModel], name: str) -> tuple[str, str]:
    """A key with the most general model that has it: a body is one in whichever request, and what tables share is each table's."""
    model = Source if model is Defaults else model
    first = next(each for each in reversed(model.__mro__) if name in getattr(each, "model_fields", ()))
    return first.__name__, name


def used(part: object) -> Iterator[tuple[str, str]]:
    """The keys that a file has."""
    if isinstance(part, BaseModel):
        for name in part.model_fields_set:
            yield brought(type(part), name)
            yield from used(getattr(part, name))
    elif isinstance(part, Mapping | tuple | list):
        for inner in part.values() if isinstance(part, Mapping) else part:
            yield from used(inner)


def test_each_key_is_told_where_attaching_is_told() -> None:
    """As code: in an example, or by its name in a sentence."""
    assert len(KEYS) > 200
    told = "\n".join(CODE.findall((PROJECT / "docs" / "attach.md").read_text("utf-8")))
    keys = {(model.__name__, model.model_fields[name].alias or name) for model, name in KEYS}
    untold = sorted(f"{model}: {key}" for model, key in keys if not re.search(rf"(?<![\w.-]){re.escape(key)}(?![\w-])", told))
    assert not untold, untold


def test_each_key_is_in_a_file_that_something_is_attached_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """A foreign service's, or the embedded world's, which all rehearsals are of; else a test that is named here tries it."""
    monkeypatch.setenv(PATH_VARIABLE, str(FOREIGN))
    files = [*FOREIGN.rglob("targets/*.yaml"), PROJECT / "docs" / "examples" / "pretix" / "pretix.yaml"]
    found = set(used([load_target("embedded"), load_target("embedded-patroni"), *map(_said, files)]))
    keys = {brought(model, name) for model, name in KEYS if not model.__name__.startswith("Toolkit")}
    for (_, key), file in BY_A_TEST.items():
        assert key in file.read_text("utf-8"), file
    lacking = sorted(f"{model}: {key}" for model, key in keys - found - BY_A_TEST.keys())
    assert not lacking, lacking


def _said(file: Path) -> Target:
    """What a file says, whether or not what it names lies there; of one that is like another, with that."""
    document, _ = read_yaml(file.read_text("utf-8"))
    assert isinstance(document, dict)
    return load_target(str(file)) if "like" in document else Target.model_validate(document)
