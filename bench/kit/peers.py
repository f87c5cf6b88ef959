"""Generators side by side: one file each in `bench/peers`, found by lying there."""

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.kit.measuring import Job, Window
from bench.kit.processes import started
from bench.kit.stub import TOKEN

FOLDER = Path(__file__).parent.parent / "peers"
SCRIPTS = FOLDER / "scripts"
BODY = '{"sku":"sku-01"}'
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "X-Pressure-Test": "true"}
"""Of the fixed POST: what the engine sends too."""


@dataclass(frozen=True)
class Running:
    """A generator at work."""

    process: subprocess.Popen[bytes]
    begun: Callable[[], bool] | None = None
    """Whether it is in full swing, where it tells; else it is from its first request on."""
    confirm: Callable[[Window], None] = field(default=lambda _window: None)
    """Called after the window: ends it, and raises SystemExit where its own records contradict what the stub has counted."""


class Peer(Protocol):
    """A generator. `PEER` in its file."""

    name: str
    works: tuple[str, ...]

    def missing(self) -> str:
        """How to get it, empty where it is there."""

    def start(self, job: Job) -> AbstractContextManager[Running]:
        """Lets it work until it is ended on leaving."""


@dataclass(frozen=True)
class Program:
    """A generator that is started by a command and does its work until it is ended."""

    name: str
    works: tuple[str, ...]
    command: Callable[[Job], list[str]]
    """All but the program itself."""
    binary: str
    get: str
    environment: Callable[[Job], dict[str, str]] = field(default=lambda _job: {})
    says: str = ""
    """What it says when it is in full swing, if it does."""

    def missing(self) -> str:
        """How to get it, empty where it is there."""
        return "" if found(self.binary) else self.get

    @contextmanager
    def start(self, job: Job) -> Iterator[Running]:
        """Runs it on the job's core."""
        said = job.folder / f"{self.name}.log"
        command = [found(self.binary) or self.binary, *self.command(job)]
        with started(command, job.core, self.environment(job), said=said, cwd=job.folder) as process:
            try:
                yield Running(process, (lambda: self.says in said.read_text(errors="replace")) if self.says else None)
            except SystemExit as error:
                raise SystemExit(f"{error}\n{said.read_text(errors='replace')[-800:]}") from None


def found(binary: str) -> str | None:
    """Where a program is: in the environment, in the folder of the npm package, or on the path."""
    places = [str(Path(sys.executable).parent), str(FOLDER.parent / "node" / "node_modules" / ".bin"), os.environ.get("PATH", "")]
    return shutil.which(binary, path=os.pathsep.join(places))


def peers() -> dict[str, Peer]:
    """All there are, by name; the engine first."""
    modules = [importlib.import_module(f"bench.peers.{path.stem}") for path in sorted(FOLDER.glob("[!_]*.py"))]
    return {module.PEER.name: module.PEER for module in sorted(modules, key=lambda module: module.PEER.name != "engine")}
