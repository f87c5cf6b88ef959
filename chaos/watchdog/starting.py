"""Whether a process that has not said a word yet still comes up: how long a busy machine keeps it from it tells nothing."""

import time
from contextlib import suppress

import psutil

_AT_WORK = (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)  # it has a core or the disk, or waits for one


class SignsOfLife:
    """Of one process: processor time that it has used, and that it has something to do."""

    def __init__(self, pid: int) -> None:
        """Looks from now on."""
        self._pid = pid
        self._used_s = -1.0
        self._seen_s = time.monotonic()

    def silent_s(self) -> float:
        """Seconds since the last sign; one that is gone gives none."""
        with suppress(psutil.Error):
            process = psutil.Process(self._pid)
            used = process.cpu_times()
            used_s, at_work = used.user + used.system, process.status() in _AT_WORK
            if at_work or used_s > self._used_s:
                self._used_s, self._seen_s = used_s, time.monotonic()
        return time.monotonic() - self._seen_s
