"""Signals: Ctrl-C, SIGTERM and SIGHUP end a rehearsal in order, at whatever stage it is, and never in the middle of cleaning up.

A terminal that is closed is one wish, though it is told twice: by the system, and by the shell to its jobs.
"""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

from scenarios.errors import StormdrillError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HURRY = 2
_END_S = 5.0


class Interrupted(KeyboardInterrupt):
    """What was being done is given up."""


class Stopped(StormdrillError):
    """The user has stopped it, outside the time in which a verdict is possible; says what is left."""


class Interrupts:
    """The signals of one rehearsal, while used as a context. They are counted; only where it is said do they break into what is done."""

    def __init__(self) -> None:
        """None has come."""
        self.count = 0
        self._hung_up = False
        self._heard = self._told = self._told_before = -1
        self._breaks_at = 0  # as many signals as break in; 0: none does
        self._before: dict[signal.Signals, object] = {}

    @property
    def asked(self) -> bool:
        """Whether one has come."""
        return self.count > 0

    def wait(self, at_most_s: float) -> bool:
        """Waits for one, and says whether one has come.

        Through a pipe, for a handler runs in the midst of the main thread: a lock that both take, as an Event's, would never be free. The
        interpreter itself writes to it: what comes just before the wait would else be noticed after it, when the handler gets its turn.
        """
        return self.asked or bool(select.select([self._heard], [], [], at_most_s)[0])

    @property
    def hurried(self) -> bool:
        """Whether a second one has come: what can be left out is left out."""
        return self.count >= _HURRY

    def __enter__(self) -> Self:
        """Takes them over."""
        self._heard, self._told = os.pipe()
        os.set_blocking(self._told, False)
        self._told_before = signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._take) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        """Gives them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # as it was
        signal.set_wakeup_fd(self._told_before)
        os.close(self._heard)
        os.close(self._told)

    @contextmanager
    def breaking(self, at: int = 1) -> Iterator[None]:
        """Inside, so many signals since the beginning end what is done; at once where they have come already.

        Raises:
            Interrupted: they have come. Once only: what then cleans up is left in peace.
        """
        if self.count >= at:
            raise Interrupted
        self._breaks_at = at
        try:
            yield
        finally:
            self._breaks_at = 0

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            if self._hung_up:
                return
            self._hung_up = True
        self.count += 1
        if self._breaks_at and self.count >= self._breaks_at:
            self._breaks_at = 0
            raise Interrupted


def raise_at_signals() -> None:
    """From now on each of the signals is a Ctrl-C to whatever is done, until a rehearsal takes them over."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup's wish is respected
            signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """From now on none of them changes anything: all is told, and the exit code is to be what was told."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def started(command: list[str], **how: Any) -> "subprocess.Popen[Any]":
    """A process, as of Popen, that nobody loses: a signal that comes while it is born breaks in when it is known, and has been ended."""
    born: list[subprocess.Popen[Any]] = []
    try:
        with _undivided():
            born.append(subprocess.Popen(command, **how))
    except BaseException:
        for process in born:
            process.terminate()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_END_S)
        raise
    return born[0]


@contextmanager
def _undivided() -> Iterator[None]:
    """What signals do is put off to the end. They come to the main thread alone: elsewhere there is nothing to put off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}
    taken = {number: handler for number, handler in before.items() if callable(handler)}  # what is ignored stays so, for the process too
    for number in taken:
        signal.signal(number, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
        _tell_again(came)


def _tell_again(came: list[int]) -> None:
    """Each of them, though the first may raise."""
    if came:
        try:
            signal.raise_signal(came.pop(0))
        finally:
            _tell_again(came)
