"""How the supervisor starts its children."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mock_bank.errors import WorldFaultError
from mock_bank.processes.identity import Identity, PidFile, start_mark
from mock_bank.processes.system_user import SystemUser, python_environment

_LOG_BYTES = 8 << 20
_POLL_S = 0.05
_ERROR = re.compile(r"\b(?:error|fatal|panic):|could not|No space left|Permission denied|Cannot allocate", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Child:
    """A running process of the world: one that this process has started, or one taken over from a predecessor (`process` is None)."""

    process: asyncio.subprocess.Process | None
    identity: Identity

    def alive(self) -> bool:
        """Whether it still runs."""
        return (self.process is None or self.process.returncode is None) and self.identity.alive()

    async def wait(self) -> int | None:
        """Wait for its end; its exit code, None where only its parent would be told."""
        if self.process:
            return await self.process.wait()
        await gone(self.identity)
        return None

    def end_group(self) -> None:
        """SIGKILL it and what it has started in its process group, after its death too, unless its number is someone else's now."""
        if self.identity.alive() or start_mark(self.identity.pid) is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.identity.pid, signal.SIGKILL)


async def gone(identity: Identity) -> None:
    """Wait until it does not run any more; a process that is not a child is no business of `waitpid`."""
    try:
        descriptor = os.pidfd_open(identity.pid) if sys.platform == "linux" else None
    except ProcessLookupError:
        return
    if descriptor is None:
        while identity.alive():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(_POLL_S)
        return
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    try:
        loop.add_reader(descriptor, ended.set)
        if identity.alive():  # compared after the descriptor is had: so it is of this very process
            await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


class Spawner:
    """Starts children at the world's priority, each in a session and a log of its own, and notes them for a later clean-up."""

    def __init__(self, logs: Path, pids: PidFile, nice: int) -> None:
        """`nice` is added to the supervisor's own niceness."""
        self._logs, self._pids, self._nice = logs, pids, nice

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self._logs / f"{name}.log"

    async def start(self, name: str, argv: Sequence[str], owner: SystemUser | None = None) -> Child:
        """Start a child.

        Raises:
            WorldFaultError: it could not be started.
        """
        dropped = owner if owner and owner.other else None
        with self.log(name).open("ab") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *argv,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=python_environment(),
                    start_new_session=True,
                    user=dropped.uid if dropped else None,
                    group=dropped.gid if dropped else None,
                    extra_groups=[] if dropped else None,
                )
            except OSError as error:
                raise WorldFaultError(f"{name} could not be started: {error}") from error
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, process.pid, min(19, os.getpriority(os.PRIO_PROCESS, 0) + self._nice))
        identity = Identity.of(process.pid) or Identity(process.pid, 0)  # 0: it is dead already, and nobody will be taken for it
        self._pids.add(name, identity)
        return Child(process, identity)

    async def run(self, name: str, argv: Sequence[str], owner: SystemUser | None = None, timeout_s: float = 60.0) -> None:
        """Run a child to its end; a cancelled or late one is killed.

        Raises:
            WorldFaultError: it failed or took too long.
        """
        child = await self.start(name, argv, owner)
        try:
            async with asyncio.timeout(timeout_s):
                code = await child.wait()
        except TimeoutError as error:
            raise WorldFaultError(f"{name} took longer than {timeout_s:g} s") from error
        finally:
            if child.alive():
                child.end_group()
        if code:
            said = self.log(name).read_text(encoding="utf-8", errors="replace")
            raise WorldFaultError(f"{name} failed with {code}: {_reason(said)}")

    def python(self, module: str, *arguments: str) -> list[str]:
        """The command that runs a module of this project."""
        return [sys.executable, "-m", module, *arguments]

    def bound_logs(self) -> None:
        """Keep each log under twice 8 MiB: what is older moves to ``.1``; children append, so they go on in the emptied file."""
        for path in self._logs.glob("*.log"):
            if path.stat().st_size > _LOG_BYTES:
                path.with_suffix(".log.1").write_bytes(path.read_bytes())
                os.truncate(path, 0)


def _reason(said: str) -> str:
    """Why a program failed, by its own words: the last line that tells of an error, for what it says after that is how it cleans up."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if _ERROR.search(line)), lines[-1] if lines else "it said nothing")
