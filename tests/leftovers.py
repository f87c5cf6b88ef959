"""What tests have started ends with them, however they end: by Ctrl-C, by a kill, by the loss of a process that has fixtures to undo."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "STORMDRILL_TESTS"
"""In the environment of whatever tests start: which run of the tests it belongs to."""

_GRACE_S = 3.0
_TRIES = 5
_GONE = (psutil.Error, OSError)


def leave_nothing(mark: str) -> None:
    """Whatever is started from now on bears that mark; once this process has ended, it is ended too."""
    unmarked = {name: value for name, value in os.environ.items() if name != MARK}
    os.environ[MARK] = mark
    held, _ours = os.pipe()  # nobody inherits the other end: it closes when this process is gone
    command = [sys.executable, str(Path(__file__).resolve()), mark]
    nothing = subprocess.DEVNULL
    keeper = subprocess.Popen(command, stdin=held, stdout=nothing, stderr=nothing, env=unmarked, cwd="/", start_new_session=True)
    keeper.returncode = 0  # nobody waits for it: it lives longer than this process
    os.close(held)


def bearing(mark: str) -> list[psutil.Process]:
    """Who bears it, as far as this user may see."""
    found = []
    for process in psutil.process_iter():
        with suppress(*_GONE):
            if process.environ().get(MARK) == mark:
                found.append(process)
    return found


def end(processes: list[psutil.Process]) -> None:
    """Asks each to end, and makes those that do not."""
    for process in processes:
        _tell(process.terminate)
    for process in psutil.wait_procs(processes, timeout=_GRACE_S)[1]:
        _tell(process.kill)


def _tell(word: Callable[[], None]) -> None:
    with suppress(*_GONE):
        word()


def _keep(mark: str) -> None:
    """Waits until the tests have ended. Who is tidying up by itself then has a moment for it."""
    while os.read(0, 1):
        pass
    deadline = time.monotonic() + _GRACE_S
    while bearing(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    for _ in range(_TRIES):
        if not (left := bearing(mark)):
            return
        end(left)


if __name__ == "__main__":
    _keep(sys.argv[1])
