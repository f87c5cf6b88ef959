"""The preparation of a target, in a process of its own: it enrols the customers at once, and opens the campaign as soon as T0 is fixed."""

import os
import subprocess
import sys
import time
from typing import Self

from scenarios.errors import StormdrillError, error_of
from scenarios.run.folder import Run
from scenarios.run.handover import PARENT_VARIABLE, read_state
from stormdrill.rehearsal.interrupts import started

_WITHIN_S = 120.0
_POLL_S = 0.02
_STOP_S = 5.0


class Preparation:
    """Used as a context, which ends the process."""

    def __init__(self, run: Run) -> None:
        """Starts the process, which begins to enrol."""
        self._run = run
        self._process = started(
            [sys.executable, "-m", "locustfiles.provision.prepare", str(run.folder), "enrol", "open"],
            env=os.environ | {PARENT_VARIABLE: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process, which has nothing to do any more."""
        self._process.kill()
        self._process.wait(_STOP_S)

    def done(self, stage: str) -> None:
        """Waits until a stage is done.

        Raises:
            BadInput: the target refuses it, as it says.
            Untrusted: the target, which was there before, is not reached.
            StormdrillError: it took too long, or the process died.
        """
        deadline = time.monotonic() + _WITHIN_S
        while (state := read_state(self._run, f"prepare-{stage}")) is None:
            code = self._process.poll()
            if code is not None and read_state(self._run, f"prepare-{stage}") is None:
                raise StormdrillError(f"preparing the target ({stage}): its process died (exit code {code})")
            if time.monotonic() > deadline:
                raise StormdrillError(f"preparing the target ({stage}) took longer than {_WITHIN_S:g} s")
            time.sleep(_POLL_S)
        if state.failure:
            raise error_of(state.exit_code)(f"preparing the target ({stage}): {state.failure}")
