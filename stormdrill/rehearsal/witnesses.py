"""Customers as witnesses: what they see when all is over is asked for by a process of its own, and held against the read-back later."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.run.event_kinds import CustomersAsked
from scenarios.run.folder import Plan, Run
from scenarios.target.secrets import redacted
from scenarios.target.views import Passing

_WITHIN_S = 45.0
_POLL_S = 0.05
_STOP_S = 5.0
_MOST_WORDS = 300


class Witnesses:
    """The process that asks them. It is started before the load, and then waits: to get ready takes it a second."""

    def __init__(self, run: Run, plan: Plan) -> None:
        """Starts it."""
        self._plan = plan
        self._log = (run.folder / "logs" / "witnesses.log").open("wb+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "locustfiles.provision.cross_examination", str(run.folder)],
            env=os.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )

    def ask(self) -> CustomersAsked:
        """Lets them be asked now that the read-back is there, and waits for it."""
        assert self._process.stdin is not None  # noqa: S101 - it was started with one
        try:
            self._process.stdin.write(b"go\n")
            self._process.stdin.close()
        except OSError:
            pass  # it is gone: its exit code says so
        deadline = time.monotonic() + _WITHIN_S
        while (code := self._process.poll()) is None:
            if time.monotonic() > deadline:
                return CustomersAsked(reason=f"it took longer than {_WITHIN_S:g} s")
            time.sleep(_POLL_S)
        return CustomersAsked(reason=self._last_words(code) if code else "")

    def _last_words(self, code: int) -> str:
        self._log.seek(0)
        lines = self._log.read()[-_MOST_WORDS:].decode(errors="replace").splitlines()
        return redacted(lines[-1] if lines else f"the process died (exit code {code})", self._plan.target)

    def dismiss(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait(_STOP_S)
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        self._log.close()


@contextmanager
def called_witnesses(run: Run, plan: Plan) -> Iterator[Witnesses | None]:
    """Customers who can be asked once the read-back is there; none where the target's file does not say what they are shown."""
    views = (view for operation in plan.target.operations.values() if operation.shows for view in operation.shows.views)
    if plan.target.readback is None or all(isinstance(view, Passing) for view in views):
        yield None
        return
    witnesses = Witnesses(run, plan)
    try:
        yield witnesses
    finally:
        witnesses.dismiss()
