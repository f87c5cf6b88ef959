"""A signal never comes between a process and who is to end it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from stormdrill.rehearsal.interrupts import Interrupted, Interrupts, started

_SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
_Popen = subprocess.Popen


@pytest.fixture
def born(monkeypatch: pytest.MonkeyPatch) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """Processes whose birth is met by two signals, as on a busy machine: the process is there, and nobody has it yet."""
    all_born: list[subprocess.Popen[bytes]] = []

    def interrupted(command: list[str], **how: Any) -> "subprocess.Popen[bytes]":
        process = _Popen(command, **how)
        all_born.append(process)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        return process

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    yield all_born
    for process in all_born:
        process.kill()
        process.wait(10)


def test_what_is_born_while_a_signal_comes_is_ended_before_that_breaks_in(born: "list[subprocess.Popen[bytes]]") -> None:
    """Both signals count, one breaks in, and nothing runs on."""
    with Interrupts() as interrupts:
        with pytest.raises(Interrupted), interrupts.breaking():
            started(_SLEEPS)
        assert interrupts.count == 2
    assert [process.returncode for process in born] == [-signal.SIGTERM]


def test_where_signals_are_only_counted_the_process_lives(born: "list[subprocess.Popen[bytes]]") -> None:
    """It was not given up."""
    with Interrupts() as interrupts:
        process = started(_SLEEPS)
        assert interrupts.count == 2
    assert born == [process]
    assert process.poll() is None
