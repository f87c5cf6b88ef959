"""Where a world keeps its things, and who can reach them."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mock_bank.errors import Busy, WorldError
from mock_bank.layout.homes import name_of, place_in_memory, private_home
from mock_bank.processes.system_user import SystemUser

_NEEDED_BYTES = 1 << 30  # two clusters of 40 MB, write-ahead log of up to 256 MB each, and room for the data
_LONGEST_SOCKET = 100  # a unix socket's path holds 104 bytes on macOS, 108 on Linux


@dataclass(frozen=True, slots=True)
class Folders:
    """The paths of one world."""

    world: Path
    data: Path
    run: Path  # short, for unix sockets

    @property
    def logs(self) -> Path:
        """Bounded logs of every part."""
        return self.world / "logs"

    @property
    def conf(self) -> Path:
        """Configuration that the parts are started with."""
        return self.world / "conf"

    @property
    def topology(self) -> Path:
        """What the world tells others about itself."""
        return self.world / "topology.json"

    @property
    def pids(self) -> Path:
        """Every process that the world has started."""
        return self.world / "pids.jsonl"

    @property
    def settings(self) -> Path:
        """What the world was started with, and its first process; its presence marks the folder as a world's."""
        return self.world / "world.json"

    @property
    def record(self) -> Path:
        """What a later supervisor of this world must know."""
        return self.world / "record.json"

    @property
    def token(self) -> Path:
        """What the link proxy wants to be shown."""
        return self.conf / "control.token"

    @property
    def events(self) -> Path:
        """What happened in the world."""
        return self.world / "events.jsonl"

    @property
    def suppliers(self) -> Path:
        """What the suppliers really did."""
        return self.world / "suppliers.jsonl"

    @property
    def term(self) -> Path:
        """Who leads; beside the databases, whose start compares it."""
        return self.data / "term"

    def socket(self, gateway: str) -> Path:
        """A gateway's runtime API."""
        return self.run / f"{gateway}.sock"

    def contents(self) -> list[Path]:
        """Everything that `down` removes, logs apart."""
        return [self.data, self.run, self.conf, self.topology, self.pids, self.settings, self.record, self.events, self.suppliers]


def default_world() -> Path:
    """The world's folder where none is named."""
    return private_home() / "world"


def layout(world: Path, owner: int) -> Folders:
    """The paths of the world in `world`, whose databases run as user id `owner`.

    The world's folder is closed to everybody else: data that another user (`owner`) must reach lives in the private home, and so do
    sockets where the path would be too long. Where a place in memory was taken, data lives there.
    """
    world = Path(os.path.realpath(world))
    aside, memory = private_home() / name_of(world), place_in_memory(world)
    data = memory / "data" if memory.is_dir() else world / "data" if owner == os.getuid() else aside / "data"
    run = world / "run"
    short = len(str(run / "gateway-a.sock")) <= _LONGEST_SOCKET
    return Folders(world, data, run if short else aside / "run")


def check_room(folder: Path) -> None:
    """Refuse to start on a full disk.

    Raises:
        WorldError: less than 1 GiB is free.
    """
    existing = next(part for part in [folder, *folder.parents] if part.exists())
    free = shutil.disk_usage(existing).free
    if free < _NEEDED_BYTES:
        raise WorldError(f"{existing} has {free >> 20} MiB free, a world needs {_NEEDED_BYTES >> 20} MiB; use --dir on another disk")


@contextlib.contextmanager
def alone(world: Path) -> Iterator[None]:
    """Have the world's folder, which is there, to oneself: no other `up` or `down` works in it meanwhile.

    Raises:
        Busy: one does.
    """
    descriptor = -1
    try:
        descriptor = os.open(world, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(descriptor), world.stat()):
            raise FileNotFoundError
    except OSError as error:
        if descriptor >= 0:
            os.close(descriptor)
        raise Busy(f"another up or down is at work in {world}; try again when it is done") from error
    try:
        yield
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str, *, owner: SystemUser | None = None, durable: bool = False) -> None:
    """Write a file that only its owner may read, so that a reader sees the old or the new text, never a part.

    `owner` is given the file; `durable` has it on disk when this returns.
    """
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(descriptor)
    if owner:
        owner.give(draft)
    draft.replace(path)
