"""The world of a target that brings its own: started before the run, proven by the run's nonce, taken down after it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from threading import Timer

import orjson

from scenarios.errors import BadInput, StormdrillError
from scenarios.target.model import World
from scenarios.target.signing import ALLOW_CODE_VARIABLE
from scenarios.target.world_facts import flattened

Tell = Callable[[str], None]
_UP_S = 90
_DOWN_S = 30
SHIPPED = frozenset({"mock_bank"})
WORLD_GROUP = "stormdrill.worlds"


@dataclass(frozen=True, slots=True)
class RunningWorld:
    """A world that is up."""

    module: str
    folder: Path
    topology: Path

    def facts(self) -> Mapping[str, object]:
        """The topology as it is now, by the paths of its values."""
        return flattened(orjson.loads(self.topology.read_bytes()))


def worlds_folder() -> Path:
    """Where worlds of rehearsals live: private, short (socket paths are bounded), outside the checkout, which may be closed to others."""
    return Path(tempfile.gettempdir()) / f"stormdrill-{os.getuid()}"


@contextmanager
def running_world(world: World, nonce: str, tell: Tell) -> Iterator[RunningWorld]:
    """Starts a world of its own for one run, telling of each step, and takes it down whatever happens.

    Raises:
        BadInput: the world cannot stand on this machine, as it says itself.
        StormdrillError: it did not come up.
    """
    module = world_module(world.module)  # first: of a world that is refused nothing is started, its `down` neither
    folder = worlds_folder() / f"run-{os.getpid()}"
    try:
        yield start(module, world.switches, nonce, folder, tell)
    finally:
        stop(module, folder)


def world_module(name: str) -> str:
    """The module that a target's world names: a shipped one, or that of an installed entry point where code is allowed.

    Raises:
        BadInput: it is neither.
    """
    if name in SHIPPED:
        return name
    installed = {entry.name: entry.module for entry in entry_points(group=WORLD_GROUP)}
    if name not in installed:
        raise BadInput(f"the world {name!r} is neither shipped nor installed; there are: {', '.join(sorted({*SHIPPED, *installed}))}")
    if not os.environ.get(ALLOW_CODE_VARIABLE):
        raise BadInput(f"the world {name!r} is code of somebody else's; allow it with: stormdrill --allow-code …")
    return installed[name]


def start(module: str, switches: Mapping[str, str | bool], nonce: str, folder: Path, tell: Tell) -> RunningWorld:
    """Starts a world in a folder; it goes with this process, however this ends. Raises as `running_world`."""
    command = [sys.executable, "-m", module, "up", "--dir", str(folder), "--nonce", nonce, "--owner", str(os.getpid())]
    for name, value in switches.items():
        command += [] if value is False else ["--switch", name if value is True else f"{name}={value}"]
    sentence = "it gave no reason"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        killer = Timer(_UP_S, process.terminate)
        killer.start()
        try:
            for line in process.stderr or ():
                sentence = line.strip() or sentence
                tell(sentence)
            topology = (process.stdout.read() if process.stdout else "").strip()
        except BaseException:  # an interrupt above all: it is in a session of its own, and would go on to its end
            process.terminate()
            raise
        finally:
            killer.cancel()
    if process.returncode != 0:
        raise (BadInput if process.returncode == BadInput.exit_code else StormdrillError)(f"the world did not come up: {sentence}")
    return RunningWorld(module, folder, Path(topology.splitlines()[-1]))


def stop(module: str, folder: Path) -> None:
    """Takes a world down; says so on stderr where something stays."""
    done = subprocess.run(
        [sys.executable, "-m", module, "down", "--dir", str(folder)], capture_output=True, text=True, timeout=_DOWN_S, check=False
    )
    if done.returncode == 0:
        shutil.rmtree(folder, ignore_errors=True)  # the logs of a world that never came up
    else:
        sys.stderr.write(f"stormdrill: the world in {folder} did not go down: {done.stderr.strip()}\n")


def keep_logs(folder: Path, into: Path) -> None:
    """Copies the world's logs and events beside the run's; not its topology, which holds its secrets."""
    for path in [*(folder / "logs").glob("*"), folder / "events.jsonl"]:
        if path.is_file() and path.stat().st_size < 5_000_000:  # noqa: PLR2004 - 5 MB
            shutil.copy(path, into / path.name)
