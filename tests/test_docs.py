"""The documentation says what the program does."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scenarios.plan.gates import MEASURES
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml
from scenarios.plugins import CHECK, discover
from stormdrill.cli import command_line

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
COMMANDS = command_line().commands


def fenced(page: Path, language: str) -> list[str]:
    """Fenced blocks of a language on a page."""
    parts = re.split(r"^```", page.read_text(), flags=re.MULTILINE)
    blocks = [part.partition("\n") for part in parts[1::2]]
    return [text for named, _, text in blocks if named == language]


def calls() -> list[tuple[str, str]]:
    """Every `stormdrill …` line of the pages' plain blocks, with its page."""
    lines = [(page.name, line) for page in PAGES for block in fenced(page, "") for line in block.splitlines()]
    return [(page, line.split("   ")[0].split("#")[0].strip()) for page, line in lines if line.startswith("stormdrill ")]


@pytest.mark.parametrize(("page", "call"), calls())
def test_every_documented_call_is_one_that_the_program_knows(page: str, call: str) -> None:
    """Its command exists, and so does each of its options."""
    words = shlex.split(re.sub(r"^stormdrill --path \S+", "stormdrill", call).replace("[", " ").replace("]", " "))[1:]
    name = next(word for word in words if not word.startswith("-"))
    assert name in COMMANDS, f"{page}: {call}"
    if name == "bank":
        return
    command = COMMANDS[name]
    if within := getattr(command, "commands", {}):
        command = within[words[words.index(name) + 1]]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    for option in (word for word in words if word.startswith("--")):
        assert option in known, f"{page}: {call}: {option}; known: {sorted(known)}"


def test_every_command_is_documented() -> None:
    """An undocumented command is a defect."""
    documented = {shlex.split(call)[1] for page, call in calls() if page == "README.md"}
    assert set(COMMANDS) <= documented, sorted(set(COMMANDS) - documented)


@pytest.mark.parametrize("command", ["list", "doctor", "run --help", "judge --help", "bank --help"])
def test_documented_commands_that_change_nothing_work(command: str, tmp_path: Path) -> None:
    """They run, say something, and never crash."""
    done = subprocess.run(
        [sys.executable, "-m", "stormdrill", *command.split()], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0 or (command == "doctor" and done.returncode == 70), done.stderr
    assert done.stdout
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_scenario_of_the_documentation_is_a_scenario(tmp_path: Path) -> None:
    """Whoever copies it has one that loads."""
    (whole,) = [block for block in fenced(ROOT / "docs" / "scenarios.md", "yaml") if block.startswith("name:")]
    (tmp_path / "my-sale.yaml").write_text(whole)
    assert load_yaml(tmp_path / "my-sale.yaml", Scenario).name == "my-sale"
    for page in PAGES:
        for block in fenced(page, "yaml"):
            if "…" not in block:  # an excerpt is no file
                yaml.safe_load(block)


def test_every_measure_of_a_gate_is_documented() -> None:
    """By the words that name it."""
    text = (ROOT / "docs" / "scenarios.md").read_text()
    for measure in MEASURES:
        assert measure.removeprefix("service ") in text, measure


def test_the_checks_that_the_glossary_names_are_there() -> None:
    """Whoever reads a finding's name looks its words up there."""
    named = {
        name for words in re.findall(r"\[([a-z, -]+)\](?!\()", (ROOT / "docs" / "glossary.md").read_text()) for name in words.split(", ")
    }
    assert len(named) > 10
    assert sorted(named - set(discover(CHECK.folder, CHECK.suffix))) == []


def test_the_product_speaks_in_words_that_its_readers_have() -> None:
    """No number of a list that only its makers had; what a word means stands in the glossary."""
    folders = ("scenarios", "locustfiles", "chaos", "reports", "mock_bank", "stormdrill", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".sql", ".yaml", ".md", ".json")]
    assert len(files) > 200
    private = re.compile(r"\bINV-\d|\b[JD]-\d\d\b|domain\.md|\(domain")
    assert [str(path) for path in files if private.search(path.read_text("utf-8"))] == []


def test_links_between_the_pages_lead_somewhere() -> None:
    """Relative ones; pictures too."""
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_readmes_commands_are_what_ci_calls() -> None:
    """What the README promises is what CI runs."""
    readme, ci = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    for command in ("make run", "make test", "make rehearsals", "make check"):
        assert command in readme
        assert command in ci


def named_files() -> list[str]:
    """Every path in backticks on the pages that lies in one of the project's folders."""
    found = {word for page in PAGES for word in re.findall(r"`([\w./-]+)`", page.read_text())}
    return sorted(
        word
        for word in found
        if "NAME" not in word and re.match(r"(scenarios|locustfiles|chaos|reports|mock_bank|stormdrill|tests|bench|docs)/", word)
    )


@pytest.mark.parametrize("path", named_files())
def test_every_file_that_the_pages_name_is_there(path: str) -> None:
    """A reader who follows a name arrives. A user's own file is called my_something."""
    assert "my" in path or (ROOT / path).exists(), path


def rooms() -> list[tuple[str, str]]:
    """Each file that the tables of rooms in docs/architecture.md name without its folder, with its room."""
    rows = re.findall(r"^\| `([\w/]+/)`[^|]*\| (.*) \|$", (ROOT / "docs" / "architecture.md").read_text(), flags=re.MULTILINE)
    return [(room, name) for room, words in rows for name in re.findall(r"`([a-z_]+)/?`", words)]


@pytest.mark.parametrize(("room", "name"), rooms())
def test_every_room_has_what_the_architecture_says(room: str, name: str) -> None:
    """A file or a room of its own."""
    folder = ROOT / room
    assert (folder / f"{name}.py").is_file() or (folder / name).is_dir(), f"{room}{name}"
