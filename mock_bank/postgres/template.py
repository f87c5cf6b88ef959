"""A cluster as initdb leaves it, kept for the next worlds: making one takes longer than anything else that a world waits for.

It lies in the user's private home, by PostgreSQL's version and build and initdb's options. Its password is of no use in a world, which
changes it. A template that is not exactly as it was made (somebody tidies temporary folders) is made anew.
"""

import asyncio
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from mock_bank.errors import WorldFaultError
from mock_bank.layout.folders import write_private
from mock_bank.layout.homes import private_home
from mock_bank.postgres.binaries import Postgres
from mock_bank.postgres.configuration import SUPERUSER, Login, initdb_argv
from mock_bank.processes.spawning import Spawner
from mock_bank.processes.system_user import SystemUser


async def copy_cluster(binaries: Postgres, spawner: Spawner, targets: Sequence[Path]) -> Login:
    """Make a cluster at each of the targets, all of them the same; returned is how to log in.

    Raises:
        WorldFaultError: initdb failed, or there is no room.
    """
    home = private_home() / f"cluster-{_key(binaries)}"
    try:
        with (private_home() / "cluster.lock").open("w", encoding="ascii") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)  # one world makes it, the others wait
            if not await asyncio.to_thread(_whole, home):
                await _make(binaries, spawner, home)
        password = (home / "password").read_text(encoding="utf-8")
        await asyncio.gather(*(asyncio.to_thread(_copy, home / "data", target, binaries.user) for target in targets))
    except (OSError, shutil.Error) as error:
        raise WorldFaultError(f"the cluster in {home} could not be copied: {error}") from error
    return Login(SUPERUSER, password)


def _key(binaries: Postgres) -> str:
    options = " ".join(initdb_argv(binaries, Path("data"), Path("password"))[1:])
    build = Path(binaries.program("postgres")).stat().st_size  # two builds of one version may not understand each other's files
    return hashlib.sha256(f"{binaries.version} {build} {binaries.user.uid} {options}".encode()).hexdigest()[:16]


async def _make(binaries: Postgres, spawner: Spawner, home: Path) -> None:
    draft = home.with_name(f".{home.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    binaries.user.give(draft)
    try:
        write_private(draft / "password", secrets.token_hex(16), owner=binaries.user)
        await spawner.run("initdb", initdb_argv(binaries, draft / "data", draft / "password"), binaries.user)
        (draft / "likeness").write_text(_likeness(draft / "data"), encoding="utf-8")
        shutil.rmtree(home, ignore_errors=True)
        draft.rename(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _whole(home: Path) -> bool:
    """Whether the template is there and every file of it is as it was made."""
    try:
        return (home / "likeness").read_text(encoding="utf-8") == _likeness(home / "data")
    except OSError:
        return False


def _likeness(folder: Path) -> str:
    """Every file's path, size and time of its last change, as a digest."""
    lines = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        lines.append(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _copy(source: Path, target: Path, owner: SystemUser) -> None:
    shutil.copytree(source, target)
    owner.give(target)
    for folder, folders, files in os.walk(target):
        for name in [*folders, *files]:
            owner.give(Path(folder, name))
