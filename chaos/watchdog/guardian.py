"""The watchdog's guardian: a small process that heals what the watchdog leaves if it is killed; this is the watchdog's end of it."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from chaos.handles.process import Process

_GONE_S = 1.0


class Guardian:
    """At its post from before the first injection until the watchdog ends in order, which ends it too."""

    def __init__(self, leases: Path, watchdog: Process, door: Process) -> None:
        """Of this watchdog, which must be the calling process, and its rehearsal. It is not there yet."""
        self._told = [str(leases), *(str(number) for one in (watchdog, door) for number in (one.pid, one.started))]
        self._process: subprocess.Popen[bytes] | None = None
        self._held = -1  # the end of a pipe that closes with the watchdog, however that ends

    def stand(self) -> None:
        """Has it at its post: starts it, or another one where it was killed. Raises OSError where none can be started."""
        if self._process is None or self._process.poll() is not None:
            self._let_go()
            self._start()

    def dismiss(self) -> None:
        """The watchdog ends in order: nobody has to heal in its stead, and nobody waits for the guardian."""
        if self._process is not None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GONE_S)
        self._let_go()

    def _start(self) -> None:
        heard, self._held = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chaos.watchdog.last_healer", *self._told],
                stdin=heard,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(heard)

    def _let_go(self) -> None:
        if self._held >= 0:
            os.close(self._held)
            self._held = -1
