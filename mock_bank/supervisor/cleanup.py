"""What is left of a world is ended and removed, by what the world itself has written down; never by a name that others may bear."""

import shutil
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mock_bank.errors import WorldFaultError
from mock_bank.layout.folders import Folders
from mock_bank.layout.settings import first_process
from mock_bank.postgres.configuration import release_shared_memory
from mock_bank.processes.identity import Identity, PidFile, end, end_for_good, working_in


def end_all(folders: Folders, *, spare: Identity | None = None) -> None:
    """End every process that the world has started and that still runs, but for one.

    Raises:
        WorldFaultError: a process survives even SIGKILL.
    """
    file = PidFile(folders.pids)
    first, named = first_process(folders.settings), file.named()
    agents = (identity for name, identity in named.items() if name.startswith("patroni-"))
    for keeper in (first, named.get("supervisor"), *agents):  # in this order and before all others, or they would start again what is ended
        if keeper and keeper != spare:
            end_for_good([keeper])
    listed = [identity for identity in file.alive() if identity != spare]
    servers = [identity for data in _data_folders(folders) for identity in working_in(data)]
    end([identity for identity in listed if identity in servers], signal.SIGQUIT, 0.5)  # gives back its shared memory
    if left := end_for_good([*listed, *servers]):
        raise WorldFaultError(f"processes survive SIGKILL: {', '.join(str(identity.pid) for identity in left)}")


def remove(folders: Folders, *, logs: bool) -> None:
    """Remove the world's files, its shared memory, and its folder unless somebody has put something into it."""
    for data in _data_folders(folders):
        release_shared_memory(data)
    _remove([*folders.contents(), *([folders.logs] if logs else [])])
    emptied = {folders.data.parent, folders.run.parent} - {folders.world}
    for folder in [*emptied, *([folders.world] if logs else [])]:
        with suppress(OSError):
            folder.rmdir()


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _data_folders(folders: Folders) -> list[Path]:
    return [path for path in folders.data.glob("db-*") if path.is_dir()]
