"""Lanting as a process of its own on a free port, a target file that leads there, and an operator who allows it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scenarios.plugins import PROJECT, load_target
from scenarios.target.model import Target

SECRETS = {"LANTING_SECRET": "canary-signing-5b1f", "LANTING_OPERATOR": 'canary-operator-"77"-é'}
"""One of them changes its shape inside JSON."""

ADDRESS = "http://127.0.0.1:18080"


@dataclass(frozen=True)
class Hosted:
    """A running Lanting, or another service."""

    url: str
    folder: Path
    pid: int

    def target_text(self, **changes: str) -> str:
        """The example's target file, at this address; each change replaces a text that must be there."""
        text = (PROJECT / "tests" / "foreign" / "scenarios" / "targets" / "lanting.yaml").read_text().replace(ADDRESS, self.url)
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new, 1)
        return text

    def file(self, *changes: tuple[str, str], name: str = "lanting") -> Path:
        """A target file, changed."""
        path = self.folder / f"{name}.yaml"
        path.write_text(self.target_text(**dict(changes)))
        return path

    def moved(self, example: Path, at: str, *changes: tuple[str, str]) -> str:
        """Another example's target file, which names addresses there (several with spaces between), at this service's, changed."""
        text = example.read_text()
        for old, new in (*zip(at.split(), self.url.split(), strict=True), *changes):
            assert old in text, old
            text = text.replace(old, new)
        path = self.folder / example.name
        path.write_text(text)
        return str(path)

    def understood(self, words: Iterable[str], secrets: Iterable[str], *arguments: str) -> str:
        """What a command of stormdrill's says, which ends well: all these words, and none of the secrets."""
        told = self.call(*arguments)
        assert told.returncode == 0, told.stdout + told.stderr
        assert not [word for word in words if word not in told.stdout], told.stdout
        assert not [secret for secret in secrets if secret in told.stdout + told.stderr]
        return told.stdout

    def target(self, *changes: tuple[str, str]) -> Target:
        """The target, changed."""
        return load_target(str(self.file(*changes)))

    def documented(self, command: str) -> list[str]:
        """A command of docs/attach.md, word for word, but that its folder is one with this service's address in the target's file."""
        lines = [line.split() for line in (PROJECT / "docs" / "attach.md").read_text().splitlines() if line.startswith("stormdrill ")]
        found = [words[1:] for words in lines if command in " ".join(words)]
        assert len(found) == 1, f"docs/attach.md has {len(found)} commands with {command!r}"
        own = self.folder / "own"
        (own / "scenarios" / "targets").mkdir(parents=True, exist_ok=True)
        (own / "scenarios" / "targets" / "lanting.yaml").write_text(self.target_text())
        return [str(own) if word == "tests/foreign" else word for word in found[0]]

    def operator(self, **says: object) -> Path:
        """What the operator says."""
        path = self.folder / "operator.yaml"
        path.write_text(json.dumps(says))
        return path

    def environment(self) -> dict[str, str]:
        """Of a stormdrill that finds the secrets and the operator's file, and leaves other rehearsals of this machine alone."""
        own = self.folder / "tmp"
        own.mkdir(exist_ok=True)
        return os.environ | SECRETS | {"STORMDRILL_OPERATOR": str(self.folder / "operator.yaml"), "TMPDIR": str(own), "COLUMNS": "200"}

    def call(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command of stormdrill's to its end."""
        return subprocess.run(
            [sys.executable, "-m", "stormdrill", *arguments],
            cwd=self.folder,
            env=self.environment() | {"PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("LANTING_SITE")]))},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )


@contextmanager
def serving(folder: Path, secrets: dict[str, str], script: str, *arguments: str) -> Iterator[Hosted]:
    """Starts a service of this folder, and ends it."""
    command = [sys.executable, str(PROJECT / "tests" / "foreign" / script), *arguments]
    with subprocess.Popen(command, env=os.environ | secrets, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Hosted(process.stdout.readline().strip(), folder, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()  # one that a test has stopped hears nothing else, and leaving the block would wait for ever


@contextmanager
def swallowing() -> Iterator[int]:
    """A port of 127.0.0.2 that takes no connection, and refuses none."""
    with ExitStack() as kept, socket.create_server(("127.0.0.2", 0), backlog=0) as hole:
        for _ in range(3):
            filling = kept.enter_context(socket.socket())
            filling.setblocking(False)  # noqa: FBT003 - the socket's own
            filling.connect_ex(hole.getsockname())
        yield hole.getsockname()[1]


@contextmanager
def hosted(folder: Path, *switches: str) -> Iterator[Hosted]:
    """Lanting, running."""
    with serving(folder, SECRETS, "lanting.py", *switches) as running:
        yield running
