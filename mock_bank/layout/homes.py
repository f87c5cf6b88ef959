"""Folders of this user's own that worlds live in: one under the system's temporary folder, one in memory."""

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from mock_bank.errors import WorldError

_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it is this user's alone
_MEMORY_BYTES = 3 << 30  # a world's databases stay below one; a series has two worlds for a while, and others need memory too
_LIMIT = Path("/sys/fs/cgroup/memory.max")


def private_home() -> Path:
    """This user's own folder under the system's temporary one; others may pass through it as root's databases must, but not look.

    Raises:
        WorldError: someone else owns it.
    """
    path = _of_this_user(Path(tempfile.gettempdir()).resolve())
    if not _made_private(path):
        raise WorldError(f"{path} belongs to another user; remove it or set TMPDIR to a folder of your own")
    return path


def name_of(world: Path) -> str:
    """What a world's folders outside its own are called."""
    return hashlib.sha256(str(world).encode()).hexdigest()[:12]


def place_in_memory(world: Path) -> Path:
    """Where that world's databases are kept in memory, if they are: then it is there."""
    return _of_this_user(_MEMORY) / name_of(world)


def take_place_in_memory(world: Path) -> None:
    """Have the databases of a world that nobody has given a disk of its own kept in memory, where there is room for them.

    A commit waits for the disk, and a disk that others use makes it wait for tenths of a second: that would be told of the service that is
    rehearsed. A folder that the user has chosen, by TMPDIR or by name, holds all of its world.
    """
    chosen = "TMPDIR" in os.environ or private_home() not in world.parents
    if not chosen and memory_free() >= _MEMORY_BYTES and _made_private(_of_this_user(_MEMORY)):
        _made_private(place_in_memory(world))


def memory_free() -> int:
    """Bytes that files in memory could take: the least of what their file system, the machine and this process's group have left."""
    try:
        file_system = shutil.disk_usage(_MEMORY).free if os.access(_MEMORY, os.W_OK) else 0
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    available = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)
    try:
        granted = int(_LIMIT.read_text(encoding="ascii")) - int(_LIMIT.with_name("memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such limit, or "max"
        granted = available
    return min(file_system, available, granted)


def reachable(folder: Path, uid: int) -> bool:
    """Whether user `uid`, of no group, may pass through `folder` and every folder above; one that is not there yet will let him."""
    if uid == os.getuid():
        return True
    for part in [folder, *folder.parents]:
        if part.exists():
            status = part.stat()
            if not status.st_mode & (stat.S_IXUSR if status.st_uid == uid else stat.S_IXOTH):
                return False
    return True


def _of_this_user(place: Path) -> Path:
    return place / f"stormdrill-{os.getuid()}"


def _made_private(path: Path) -> bool:
    """Make a folder, or find it, that is this user's own; whether it is."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return False
    path.chmod(0o711 if os.getuid() == 0 else 0o700)
    return True
