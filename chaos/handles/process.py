"""Processes by pid *and* start time, so that a pid which the system has given to someone else is never touched."""

import os
import signal
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this boot. `started` is field 22 of /proc/PID/stat where there is one, else its creation in hundredths of a second."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The process that has this pid now; None where there is none or it is a zombie."""
        found = _look(pid)
        return cls(pid, found[0]) if found else None

    @property
    def alive(self) -> bool:
        """Whether this very process still runs, or is stopped; a zombie is not alive."""
        return self._seen is not None

    @property
    def stopped(self) -> bool:
        """Whether this very process is there and stopped."""
        return self._seen == "T"

    @property
    def _seen(self) -> str | None:
        found = _look(self.pid)
        return found[1] if found and found[0] == self.started else None

    def signal(self, number: int) -> bool:
        """Sends a signal to this very process and to no other; False where it is gone.

        Raises:
            PermissionError: it belongs to someone else.
        """
        try:
            return self._signal(number)
        except ProcessLookupError:
            return False

    def _signal(self, number: int) -> bool:
        if sys.platform != "linux":
            if not self.alive:
                return False
            os.kill(self.pid, number)
            return True
        # The descriptor is of whatever has the pid now, for good; only then is it compared. So no pid can change hands in between.
        descriptor = os.pidfd_open(self.pid)
        try:
            if not self.alive:
                return False
            signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)
        return True

    def tree(self) -> "list[Process]":
        """This process and all that descend from it now, itself first; empty where it is gone."""
        if not self.alive:
            return []
        try:
            children = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [self, *filter(None, (Process.of(child.pid) for child in children))]

    def descends_from(self, ancestor: "Process") -> bool:
        """Whether that process is among its ancestors now."""
        try:
            above = psutil.Process(self.pid).parents()
        except psutil.NoSuchProcess:
            return False
        return ancestor.alive and any(parent.pid == ancestor.pid for parent in above)


def _look(pid: int) -> tuple[int, str] | None:
    """Start time and state ("T" stopped, "R" anything else) of a pid; None for nobody and for zombies."""
    if sys.platform != "linux":
        try:
            process = psutil.Process(pid)
            status = process.status()
            started = round(process.create_time() * 100)
        except psutil.Error:
            return None
        return None if status == psutil.STATUS_ZOMBIE else (started, "T" if status == psutil.STATUS_STOPPED else "R")
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2 :].split()  # the name may hold blanks and brackets
    return None if fields[0] in "ZX" else (int(fields[19]), "T" if fields[0] in "Tt" else "R")


@cache
def boot() -> str:
    """This boot of the machine: what makes pids, start times and the monotonic clock mean something."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def me() -> Process:
    """This process."""
    found = Process.of(os.getpid())
    if found is None:
        raise RuntimeError("this process is not to be found")
    return found
