"""Reads a world's own files, whatever lies in their place by now: neither waited for, nor read without an end."""

import errno
import os
import stat
from pathlib import Path

_MOST_BYTES = 1 << 28


def read_plain(path: Path) -> str:
    """A plain file's text; what is no UTF-8 in it is replaced.

    Raises:
        OSError: it is missing, something else, or longer than any file of a world.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # without it, opening a pipe would wait for a writer
    with os.fdopen(descriptor, "rb", closefd=True) as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "is not a plain file", str(path))
        if found.st_size > _MOST_BYTES:
            raise OSError(errno.EFBIG, "is too long", str(path))
        return file.read(_MOST_BYTES).decode("utf-8", "replace")
