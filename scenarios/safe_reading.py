"""Reads files that anybody may have put there: never a hang, never more memory than is meant, every trouble in a few words."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from scenarios.errors import BadInput, StormdrillError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Unreadable(StormdrillError):
    """A file that cannot be read as it should: says why, without its name."""


class Missing(Unreadable):
    """There is no such file, nor anything else of that name."""


def what_stands_at(path: Path) -> os.stat_result | None:
    """Of a path that somebody named; None where nothing stands.

    Raises:
        BadInput: the system does not say, as in a folder that is closed to this user.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise BadInput(f"cannot be reached: {(error.strerror or type(error).__name__).lower()}", path=path) from None


def is_file(path: Path) -> bool:
    """Whether a file stands there, or a link to one. Raises as `what_stands_at`."""
    found = what_stands_at(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def open_regular(path: Path, most_bytes: int) -> BufferedReader:
    """Opens a plain file of no more than so many bytes, all of them really there; a link may lead to it.

    Raises:
        Missing: there is none.
        Unreadable: it is something else, too large, or a hole.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # without it, opening a pipe would wait for a writer
    except OSError as error:
        raise _trouble(path, error) from None
    found = os.fstat(fd)
    reason = _unfit(found, most_bytes)
    if reason:
        os.close(fd)
        raise Unreadable(reason)
    return os.fdopen(fd, "rb")


@contextmanager
def reading(path: Path, most_bytes: int) -> Iterator[BufferedReader]:
    """`open_regular`, where what goes wrong while it is read is Unreadable too."""
    with open_regular(path, most_bytes) as file:
        try:
            yield file
        except OSError as error:
            raise _trouble(path, error) from None


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """All of a plain file. Raises Unreadable."""
    with reading(path, most_bytes) as file:
        return file.read(most_bytes + 1)


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, by name, half-written files apart; empty where it is none."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def _unfit(found: os.stat_result, most_bytes: int) -> str:
    for is_kind, name in _KINDS:
        if is_kind(found.st_mode):
            return f"is {name}, not a file"
    if found.st_size > most_bytes:
        return f"has {found.st_size:,} bytes; {most_bytes:,} are the most that it may have"
    if found.st_size > 1 << 20 and found.st_blocks * 512 < found.st_size // 2:
        return f"is a hole: of {found.st_size:,} bytes, {found.st_blocks * 512:,} are on the disk"
    return ""


def _trouble(path: Path, error: OSError) -> Unreadable:
    if isinstance(error, FileNotFoundError) and not path.is_symlink():
        return Missing("is missing")
    return Unreadable(f"cannot be read: {(error.strerror or type(error).__name__).lower()}")
