"""What the system puts off writing, written before anybody measures: else it is written half a minute later, in the midst of a load."""

import ctypes
import os
from pathlib import Path


def write_out(folder: Path) -> None:
    """Have the file system of that folder put on disk all that it still has in memory; where it cannot be told to, every file system.

    A server's commits wait for as long as others' files are written: for two copies of a cluster that are seventy megabytes, one or more
    times a third of a second, when the system sees fit, which on Linux is thirty seconds after they were made.
    """
    sync_one = getattr(ctypes.CDLL(None), "syncfs", None)
    if sync_one is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync_one(descriptor)
    finally:
        os.close(descriptor)
