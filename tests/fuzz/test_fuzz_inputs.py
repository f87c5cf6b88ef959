"""A thousand bad inputs: scenarios, targets and command lines, bent at random, held to one law."""

import json
from pathlib import Path

import yaml
from fuzz_law import MANY, TEXTS, bent, call, workplace
from hypothesis import given
from hypothesis import strategies as st

from scenarios.plugins import PROJECT, load_target

SCENARIO = yaml.safe_load((PROJECT / "scenarios" / "catalog" / "flash-sale.yaml").read_text())
EMBEDDED = json.loads(load_target("embedded").model_dump_json(exclude_unset=True))
REAL = yaml.safe_load((PROJECT / "scenarios" / "targets" / "_starter.yaml").read_text())


def _written(folder: Path, name: str, tree: object) -> str:
    """As YAML, or as JSON, which is YAML too, where YAML's own writer cannot write it."""
    path = folder / name
    try:
        text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
        path.write_text(text, "utf-8")
    except (yaml.YAMLError, UnicodeEncodeError):
        path.write_text(json.dumps(tree), "utf-8")
    return str(path)


@MANY
@given(bent(SCENARIO))
def test_a_bent_scenario(scenario: object) -> None:
    """Refused, or sound and then stopped at the door of its world."""
    with workplace() as folder:
        told = call("run", _written(folder, "bent.yaml", scenario))
        assert told.code == 64


@MANY
@given(st.sampled_from([EMBEDDED, REAL]).flatmap(bent))
def test_a_bent_target(target: object) -> None:
    """Refused by its file, or by the interlock, which nobody has told of any host."""
    with workplace() as folder:
        told = call("run", "smoke", "--target", _written(folder, "bent.yaml", target))
        assert told.code == 64


@MANY
@given(st.data())
def test_a_bent_text(data: st.DataObject) -> None:
    """Characters put in, taken out and doubled anywhere in a file."""
    source = data.draw(st.sampled_from(["catalog/flash-sale.yaml", "targets/embedded/target.yaml", "targets/_starter.yaml"]))
    text = (PROJECT / "scenarios" / source).read_text()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 20))
        text = text[:at] + data.draw(st.sampled_from([*"[]{}:,-&*!|>%@`'\"\n\t#?<\\", *TEXTS, text[:200]])) + text[at + cut :]
    with workplace() as folder:
        path = folder / "bent.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        call(*(["run", str(path)] if source.startswith("catalog") else ["run", "smoke", "--target", str(path)]))


WORDS = ["smoke", "flash-sale", "embedded", "primary-kill", "check-in", "runs/latest", "nowhere", ".", "/", "/dev/null", *TEXTS]
OPTIONS = ["--target", "--workers", "--seed", "--metrics", "--out", "--master", "--web", "--path", "--wait", "--master-port",
           "--master-bind-host", "--allow-code", "--help", "-h", "--", "--sede"]  # fmt: skip
VALUES = ["0", "1", "-1", "64", "65", "1e9", "9" * 30, "9" * 5000, "0x10", "١", "::1", "[::1]:0", "a..b:1", "otlp:http://[::1", ":", *WORDS]
COMMANDS = [
    ["run"],
    ["run", "smoke"],
    ["drill"],
    ["judge"],
    ["report"],
    ["list"],
    ["try"],
    ["target", "check"],
    ["target", "new"],
    ["target"],
]


@MANY
@given(st.sampled_from(COMMANDS), st.lists(st.sampled_from(OPTIONS) | st.sampled_from(VALUES) | st.sampled_from(WORDS), max_size=5))
def test_a_bent_command_line(command: list[str], rest: list[str]) -> None:
    """Ports, hosts, seeds, numbers of workers, names and paths of every kind."""
    with workplace() as folder:
        (folder / "mine.txt").write_text("my notes")
        call(*command, *rest)
        assert (folder / "mine.txt").read_text() == "my notes"
