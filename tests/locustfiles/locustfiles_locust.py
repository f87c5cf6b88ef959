"""Locust as the door starts it, for tests of what its users see."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locustfiles_kit import begin
from loopback import free_port

from scenarios.run.folder import Plan, Run
from scenarios.run.handover import RUN_VARIABLE

CAMPAIGN = Path(__file__).parents[2] / "locustfiles" / "campaign.py"


class Locust:
    """A Locust process whose load begins at the plan's T0."""

    def __init__(self, run: Run, plan: Plan, options: list[str], file: Path, own: dict[str, str]) -> None:
        """Starts it, and fixes T0 when it says that it is ready."""
        many = "--processes" in options
        command = [sys.executable, "-m", "locust", "-f", str(file), *options]
        if many:
            port = str(free_port())
            command += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
        self._log = run.folder / "logs" / "locust.log"
        with self._log.open("w") as log:
            environment = os.environ | {RUN_VARIABLE: str(run.folder)} | own
            self.process = subprocess.Popen(command, env=environment, cwd=run.folder, stdout=log, stderr=log, text=True)
        self.plan = begin(run, plan, "master" if many else "load-0")

    @property
    def said(self) -> str:
        """What it has written."""
        return self._log.read_text("utf-8", "replace")

    def end(self, kind: signal.Signals | None = None, timeout_s: float = 120) -> int:
        """Waits for its end, that was asked for where a signal is given; its exit code."""
        if kind is not None:
            self.process.send_signal(kind)
        return self.process.wait(timeout=timeout_s)


@contextmanager
def locust(run: Run, plan: Plan, *options: str, file: Path = CAMPAIGN, **own: str) -> Iterator[Locust]:
    """A Locust process with these options and this environment of its own; nothing of it is left afterwards."""
    found = Locust(run, plan, list(options), file, own)
    try:
        yield found
    finally:
        if found.process.poll() is None:
            found.process.kill()
            found.process.wait()
