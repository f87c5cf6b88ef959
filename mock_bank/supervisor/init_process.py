"""The world's first process, as init is a machine's: ``python -m mock_bank.supervisor.init_process WORLD_DIR REPORT_FD``.

It starts the supervisor, and starts it again when it dies or does not breathe any more: the parts go on meanwhile, and the new one takes
them over. It is the parent of whatever has lost its own (on Linux), it goes with its owner or its folder, and it leaves nothing. It does as
little as it can, for nobody watches it but the supervisor, which ends the world when it is gone.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from mock_bank.errors import WorldError, WorldFaultError
from mock_bank.layout.folders import Folders, alone, layout
from mock_bank.layout.record import Record
from mock_bank.layout.settings import Settings
from mock_bank.postgres.binaries import database_user
from mock_bank.postgres.silence import Silence
from mock_bank.processes.identity import Identity, end, end_for_good
from mock_bank.processes.system_user import python_environment
from mock_bank.supervisor.cleanup import end_all, remove

_SET_CHILD_SUBREAPER = 36  # of prctl
_LOOK_EVERY_S = 0.2
_FROZEN_AFTER_S = 5.0
_FIRST_BREATH_S = 30.0  # an interpreter that starts among many says nothing for long
_END_TIMEOUT_S = 12.0
_AFTER_S, _LONGEST_AFTER_S = 0.1, 5.0
_HEALTHY_AFTER_S = 60.0
_MOST_DEATHS = 8  # in a row; what dies that often will not be better for it


@dataclass(slots=True)
class _Run:
    """One supervisor's life."""

    identity: Identity
    lifeline: int
    heartbeat: int
    code: int | None = None  # as waitpid tells it

    @property
    def exit_code(self) -> int:
        """As of a command; 70 where a signal ended it."""
        code = os.waitstatus_to_exitcode(self.code or 0)
        return code if code >= 0 else WorldFaultError.exit_code

    @property
    def cause(self) -> str:
        """What it died of."""
        code = os.waitstatus_to_exitcode(self.code or 0)
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def close(self) -> None:
        """Let go of the pipes."""
        os.close(self.lifeline)
        os.close(self.heartbeat)


class InitProcess:
    """Runs one supervisor after another."""

    def __init__(self, folders: Folders, settings: Settings, report: int) -> None:
        """`report` is the pipe to whoever brings the world up."""
        self._folders, self._report = folders, report
        self._owner = Identity(*settings.owner) if settings.owner else None
        self.ordered = False  # whether it is to end: told by a signal, or abandoned
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ordered)

    def _ordered(self, _number: int, _frame: FrameType | None) -> None:
        self.ordered = True

    def run(self) -> tuple[int, bool]:
        """Live until told to stop, until the owner is gone, or until the supervisor cannot be kept up.

        Returned are the exit code, and whether the world is to go: of one whose supervisor cannot be kept up everything is left to look at.
        """
        cause, deaths = "", 0
        while True:
            began = time.monotonic()
            run = self._start(cause)
            try:
                frozen = self._watch(run)
            finally:
                run.close()
            if self.ordered or not self._was_up():
                return run.exit_code, True
            deaths = 1 if time.monotonic() - began > _HEALTHY_AFTER_S else deaths + 1
            if deaths > _MOST_DEATHS:
                return WorldFaultError.exit_code, False
            cause = "it was frozen" if frozen else run.cause
            time.sleep(min(_AFTER_S * 2 ** (deaths - 1), _LONGEST_AFTER_S))

    def _abandoned(self) -> bool:
        """Whether nobody can take this world down any more: its owner is gone, or its folder."""
        return bool(self._owner and not self._owner.alive()) or not self._folders.settings.exists()

    def _was_up(self) -> bool:
        with suppress(WorldError):
            record = Record.read(self._folders.record)
            return record is not None and record.up
        return False

    def _start(self, cause: str) -> _Run:
        lifeline, heartbeat = os.pipe(), os.pipe()
        passed = [lifeline[0], heartbeat[1], *([self._report] if self._report >= 0 else [])]
        arguments = [str(number) for number in (lifeline[0], heartbeat[1], self._report)]
        with (self._folders.logs / "supervisor.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "mock_bank.supervisor.main", str(self._folders.world), *arguments, cause],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=python_environment(),
                pass_fds=passed,
            )
        for descriptor in passed:
            os.close(descriptor)
        self._report = -1
        process.returncode = 0  # it is buried by `_bury`, with everything else that this process inherits
        return _Run(Identity.of(process.pid) or Identity(process.pid, 0), lifeline[1], heartbeat[0])

    def _watch(self, run: _Run) -> bool:
        """Wait for its end, and see to it where it is frozen or not wanted any more; whether it was frozen."""
        silence, patience_s = Silence(), _FIRST_BREATH_S
        with selectors.DefaultSelector() as selector:
            selector.register(run.heartbeat, selectors.EVENT_READ)
            while not self._bury(run):
                if selector.select(_LOOK_EVERY_S) and os.read(run.heartbeat, 4096):
                    silence.heard()
                    patience_s = _FROZEN_AFTER_S
                    time.sleep(_LOOK_EVERY_S / 2)  # so that a pipe at its end does not keep this process busy
                silence.tick(time.monotonic())
                if self.ordered or self._abandoned():
                    self.ordered = True
                    self._end(run)
                    return False
                if silence.silent_s >= patience_s:
                    sys.stderr.write(f"the supervisor said nothing for {patience_s:.0f} s and is ended\n")
                    self._end(run, at_once=True)
                    return True
        return False

    def _end(self, run: _Run, *, at_once: bool = False) -> None:
        left = [run.identity] if at_once else end([run.identity], signal.SIGTERM, _END_TIMEOUT_S)
        end_for_good(left)
        self._bury(run)

    @staticmethod
    def _bury(run: _Run) -> bool:
        """Take note of the children that have ended; whether the supervisor is one of them."""
        with suppress(ChildProcessError):
            while True:
                pid, code = os.waitpid(-1, os.WNOHANG)
                if pid == run.identity.pid:
                    run.code = code
                if pid == 0:
                    break
        return run.code is not None


def inherit_orphans() -> None:
    """Have what descends from this process become its own child when it loses its parent; only Linux has such a thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main() -> int:
    """The process."""
    world, report = Path(sys.argv[1]), int(sys.argv[2])
    os.umask(0o077)
    os.set_inheritable(report, False)  # noqa: FBT003 - its only argument
    inherit_orphans()
    folders = layout(world, database_user().uid)
    settings = Settings.load(folders.settings)
    init = InitProcess(folders, settings, report)
    code, gone = init.run()
    end_all(folders, spare=Identity.of(os.getpid()))
    if gone:
        # Where an up or a down is at work in the folder, that removes it.
        with suppress(WorldError), alone(folders.world) if folders.world.exists() else nullcontext():
            remove(folders, logs=init.ordered)
    return code


if __name__ == "__main__":
    sys.exit(main())
