"""A thousand bad inputs: scenarios, targets and command lines, bent at random, held to one law."""

import json
from pathlib import Path

import pytest
import yaml
from fuzz_law import PARTS, TEXTS, bent, call, holds, workplace
from hypothesis import given
from hypothesis import strategies as st

from scenarios.plugins import PROJECT, load_target

_PLANS = PROJECT / "scenarios"
SCENARIO = yaml.safe_load((_PLANS / "catalog" / "flash-sale.yaml").read_text())
EMBEDDED = json.loads(load_target("embedded").model_dump_json(exclude_unset=True))
REAL = yaml.safe_load((_PLANS / "targets" / "_starter.yaml").read_text())


PUBLISHED = """openapi: 3.0.1
servers: [{url: https://uat.bank.example/marketing}]
paths:
  /claims: &claims
    post: {operationId: claim, requestBody: {content: {application/json: {schema: {$ref: "#/parts/Claim"}}}}}
  /claims/{id}:
    <<: *claims
    get: {parameters: [{in: header, name: X-Token}], responses: {200: {description: 2026-11-27}}}
parts: {Claim: {allOf: [{properties: {sku: {type: string}, amount: {maximum: 18446744073709551615}}}], required: [sku]}}
"""
"""What a service says of itself; in YAML, for that can say more that it should not."""

WRITTEN = [
    ((_PLANS / "catalog" / "flash-sale.yaml").read_text(), ("run",)),
    ((_PLANS / "targets" / "embedded" / "target.yaml").read_text(), ("run", "smoke", "--target")),
    ((_PLANS / "targets" / "_starter.yaml").read_text(), ("run", "smoke", "--target")),
    (
        (PROJECT / "scenarios" / "policies" / "embedded.yaml").read_text(),
        ("drill", "all", "--only", "primary-kill", "--dry-run", "--policy"),
    ),
    (PUBLISHED, ("target", "diff", "embedded")),
]
"""A file of each kind, and the command that reads it as its last word."""


def _written(folder: Path, name: str, tree: object) -> str:
    """As YAML, or as JSON, which is YAML too, where YAML's own writer cannot write it."""
    path = folder / name
    try:
        text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
        path.write_text(text, "utf-8")
    except (yaml.YAMLError, UnicodeEncodeError):
        path.write_text(json.dumps(tree), "utf-8")
    return str(path)


@pytest.mark.parametrize("part", PARTS)
def test_a_bent_scenario(part: int) -> None:
    """Refused, or sound and then stopped at the door of its world; no file is left of a run that never began."""

    @given(bent(SCENARIO))
    def law(scenario: object) -> None:
        with workplace() as folder:
            told = call("run", _written(folder, "bent.yaml", scenario))
            assert told.code == 64
            assert [path.name for path in folder.rglob("*") if path.is_file()] == ["bent.yaml"]

    holds(law, part)


@pytest.mark.parametrize("part", PARTS)
def test_a_bent_target(part: int) -> None:
    """Refused by its file, or by the interlock, which nobody has told of any host."""

    @given(st.sampled_from([EMBEDDED, REAL]).flatmap(bent))
    def law(target: object) -> None:
        with workplace() as folder:
            told = call("run", "smoke", "--target", _written(folder, "bent.yaml", target))
            assert told.code == 64
            assert [path.name for path in folder.rglob("*") if path.is_file()] == ["bent.yaml"]

    holds(law, part)


@pytest.mark.parametrize("part", PARTS)
def test_a_bent_text(part: int) -> None:
    """Characters put in, taken out and doubled anywhere in a file of each kind."""

    @given(st.data())
    def law(data: st.DataObject) -> None:
        text, command = data.draw(st.sampled_from(WRITTEN))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(text)))
            cut = data.draw(st.integers(0, 20))
            text = text[:at] + data.draw(st.sampled_from([*"[]{}:,-&*!|>%@`'\"\n\t#?<\\", *TEXTS, text[:200]])) + text[at + cut :]
        with workplace() as folder:
            path = folder / "bent.yaml"
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            call(*command, str(path))

    holds(law, part)


WORDS = ["smoke", "flash-sale", "embedded", "primary-kill", "check-in", "runs/latest", "nowhere", ".", "/", "/dev/null", *TEXTS]
OPTIONS = ["--target", "--workers", "--seed", "--metrics", "--out", "--master", "--web", "--path", "--wait", "--master-port",
           "--master-bind-host", "--allow-code", "--help", "-h", "--", "--sede", "--policy", "--lasts", "--only", "--run", "--by", "--lang",
           "--from", "--scenario"]  # fmt: skip
VALUES = ["0", "1", "-1", "64", "65", "1e9", "9" * 30, "9" * 5000, "0x10", "١", "::1", "[::1]:0", "a..b:1", "otlp:http://[::1", ":", *WORDS]
COMMANDS = [
    ["run"],
    ["run", "smoke"],
    ["drill"],
    ["drill", "observed"],
    ["drill", "all", "--dry-run"],
    ["mark", "detected"],
    ["judge"],
    ["report"],
    ["evidence"],
    ["list"],
    ["try"],
    ["target", "check"],
    ["target", "new"],
    ["target", "diff", "embedded"],
    ["target", "new", "mine.yaml", "--from"],
    ["profile"],
    ["target"],
]


@pytest.mark.parametrize("part", PARTS)
def test_a_bent_command_line(part: int) -> None:
    """Ports, hosts, seeds, numbers of workers, names and paths of every kind."""

    @given(st.sampled_from(COMMANDS), st.lists(st.sampled_from(OPTIONS) | st.sampled_from(VALUES) | st.sampled_from(WORDS), max_size=5))
    def law(command: list[str], rest: list[str]) -> None:
        with workplace() as folder:
            (folder / "mine.txt").write_text("my notes")
            call(*command, *rest)
            assert (folder / "mine.txt").read_text() == "my notes"

    holds(law, part)
