"""The world of a target that brings its own: started before the run, proven by the run's nonce, taken down after it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import entry_points
from itertools import count
from pathlib import Path
from threading import Timer

from chaos.errors import OutOfReach, WorldGone
from chaos.handles.process import Process, me
from chaos.handles.topology import read_topology
from scenarios.errors import BadInput, StormdrillError
from scenarios.harmless import harmless
from scenarios.own_code import code_is_allowed
from scenarios.run.seals import KEY_VARIABLE
from scenarios.safe_reading import Unreadable
from scenarios.target.model import World
from scenarios.target.world_facts import read_facts
from stormdrill.rehearsal.interrupts import started

Tell = Callable[[str], None]
_UP_S = 90
_DOWN_S = 30
SHIPPED = frozenset({"mock_bank"})
WORLD_GROUP = "stormdrill.worlds"
_OF_RUN = re.compile(r"run-(?P<pid>\d{1,9})(?:-(?P<started>\d{1,18})(?:\.\d{1,3})?)?")
_OF_BANK = "world"


@dataclass(frozen=True, slots=True)
class RunningWorld:
    """A world that is up."""

    module: str
    folder: Path
    topology: Path

    def facts(self) -> Mapping[str, object]:
        """The topology as it is now, by the paths of its values. Raises StormdrillError where its file cannot be read."""
        try:
            return read_facts(self.topology)
        except Unreadable as error:
            raise StormdrillError(f"{self.topology}, which the world has written, {error}") from None


def worlds_folder() -> Path:
    """Where worlds of rehearsals live: private, short (socket paths are bounded), outside the checkout, which may be closed to others."""
    return Path(tempfile.gettempdir()) / f"stormdrill-{os.getuid()}"


def own_worlds() -> list[Path]:
    """Where worlds of this process live, or have not been taken down yet."""
    door = me()
    return sorted(worlds_folder().glob(f"run-{door.pid}-{door.started}*"))


def _place_for_a_world() -> Path:
    """Where none is yet: the one before, of a series, may be going down just now."""
    door, taken = me(), own_worlds()
    places = (f"run-{door.pid}-{door.started}{f'.{number}' if number > 1 else ''}" for number in count(1))
    return next(place for name in places if (place := worlds_folder() / name) not in taken)


def what_is_left() -> str:
    """What of this process's worlds is still there, in a few words."""
    left = own_worlds()
    return f"the world in {left[0]} is left, run: stormdrill heal" if left else "nothing is left running"


@dataclass(frozen=True, slots=True)
class OrphanedWorld:
    """A world that nobody will take down any more."""

    folder: Path
    why: str

    def __str__(self) -> str:
        """As it is told to people."""
        return f"world {self.folder.name}"


def orphaned_worlds() -> list[OrphanedWorld]:
    """Worlds of rehearsals that are gone, by pid and start time; and one of `stormdrill bank up` whose supervisor died."""
    found: list[OrphanedWorld] = []
    for folder in filter(_is_mine, sorted(worlds_folder().glob("*"))):
        named = _OF_RUN.fullmatch(folder.name)
        if named and not _lives(int(named["pid"]), named["started"]):
            found.append(OrphanedWorld(folder, "its rehearsal is gone"))
        elif folder.name == _OF_BANK and _has_lost_its_supervisor(folder / "topology.json"):
            found.append(OrphanedWorld(folder, "its supervisor died"))
    return found


def _is_mine(folder: Path) -> bool:
    """Whether it is this user's: what another has put there proves nothing, and is not ours to take down."""
    try:
        return folder.lstat().st_uid == os.getuid()
    except OSError:
        return False


def _lives(pid: int, started: str | None) -> bool:
    """Whether the rehearsal that a folder is named after goes on; a name without its start time is an older version's."""
    return Process(pid, int(started)).alive if started else Process.of(pid) is not None


def _has_lost_its_supervisor(topology: Path) -> bool:
    try:
        read_topology(topology)
    except WorldGone:
        return topology.is_file()
    except OutOfReach:
        pass
    return False


def tell_stderr(sentence: str) -> None:
    """Says it where nobody else hears; nor here, where the terminal is gone."""
    with suppress(OSError):
        sys.stderr.write(f"stormdrill: {harmless(sentence)}\n")


@contextmanager
def running_world(world: World, nonce: str, tell: Tell, not_down: Tell = tell_stderr) -> Iterator[RunningWorld]:
    """Starts a world of its own for one run, telling of each step, and takes it down whatever happens; `not_down` hears where it stays.

    Raises:
        BadInput: the world cannot stand on this machine, as it says itself.
        StormdrillError: it did not come up.
    """
    module = world_module(world.module)  # first: of a world that is refused nothing is started, its `down` neither
    folder = _place_for_a_world()
    try:
        yield start(module, world.switches, nonce, folder, tell)
    finally:
        trouble = stop(module, folder)
        if trouble and folder.exists():
            not_down(f"the world in {folder} {trouble}; run: stormdrill heal")


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
    if not code_is_allowed():
        raise BadInput(f"the world {name!r} is code of somebody else's; allow it with: stormdrill --allow-code …")
    return installed[name]


def start(module: str, switches: Mapping[str, str | bool], nonce: str, folder: Path, tell: Tell) -> RunningWorld:
    """Starts a world in a folder; it goes with this process, however this ends. Raises as `running_world`."""
    command = [sys.executable, "-m", module, "up", "--dir", str(folder), "--nonce", nonce, "--owner", str(os.getpid())]
    for name, value in switches.items():
        command += [] if value is False else ["--switch", name if value is True else f"{name}={value}"]
    sentence = "it gave no reason"
    around = {name: value for name, value in _telling().items() if name != KEY_VARIABLE}  # what is judged never sees the key
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=around, start_new_session=True) as process:
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


def _telling() -> dict[str, str]:
    """The environment of a world that tells us something: in our own characters, whatever the terminal's are."""
    return {**os.environ, "PYTHONIOENCODING": "utf-8"}


def stop(module: str, folder: Path) -> str:
    """Takes a world down; what is wrong where something stays, else empty."""
    command = [sys.executable, "-m", module, "down", "--dir", str(folder)]
    try:
        # A session of its own: what the terminal sends to all of us must not end what cleans up.
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", env=_telling(), timeout=_DOWN_S, check=False, start_new_session=True
        )
    except subprocess.TimeoutExpired:
        return f"did not go down within {_DOWN_S} s"
    if done.returncode != 0:
        return f"did not go down: {(done.stderr.strip().splitlines() or ['it gave no reason'])[-1]}"
    shutil.rmtree(folder, ignore_errors=True)  # the logs of a world that never came up
    return ""


def keep_logs(folder: Path, into: Path) -> None:
    """Copies the world's logs and events beside the run's; not its topology, which holds its secrets."""
    for path in [*(folder / "logs").glob("*"), folder / "events.jsonl"]:
        if path.is_file() and path.stat().st_size < 5_000_000:  # noqa: PLR2004 - 5 MB
            shutil.copy(path, into / path.name)
