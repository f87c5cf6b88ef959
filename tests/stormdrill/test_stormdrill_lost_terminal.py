"""A terminal that vanishes takes nothing with it: neither the end in order, nor the word."""

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from scenarios.plugins import PROJECT, load_scenario, load_target
from scenarios.run.folder import Run, create_run, fix_t0
from stormdrill.rehearsal.interrupts import Interrupts

_DEADLINE_S = 60
_INVALID = 2
_READY = b"ready\r\n"
"""The whole line: a terminal closed in the midst of it is lost to a write, not after one."""

WHILE_JUDGED = """
import signal
import sys
import stormdrill.__main__ as door
from stormdrill.rehearsal.interrupts import Interrupts
with Interrupts() as interrupts:
    print("ready", flush=True)
    assert interrupts.wait(30)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the other of the two may come later still
    sys.argv[1:] = ["judge", sys.argv[1]]
    door.main()
"""
WHILE_SHOWN = """
import sys
from pathlib import Path
from scenarios.plugins import load_scenario
from scenarios.run.live_window import Tail
from stormdrill.rehearsal.interrupts import Interrupts
from stormdrill.rehearsal.progress import Screen, View
with Interrupts() as interrupts:
    screen = Screen(load_scenario("smoke"))
    window = Tail(Path(sys.argv[1]) / "samples").update(0)
    with screen:
        print("ready", flush=True)
        assert interrupts.wait(30)
        for second in range(3):
            screen.show(View(second, window))
            screen.step("on")
    screen.step("judging")
import os
os._exit(2)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run that is INVALID, for nothing was recorded."""
    run, plan = create_run(load_scenario("smoke"), load_target("embedded"), seed=1, workers=1, out=tmp_path)
    run.event_writer("door", fix_t0(run, plan, lead_s=0).t0_monotonic_ns).close()
    return run


@pytest.mark.parametrize("code", [WHILE_JUDGED, WHILE_SHOWN], ids=["while judged", "while shown"])
def test_the_exit_code_is_the_verdicts_though_nobody_can_read_it(run: Run, code: str) -> None:
    """Its terminal is closed, it is told so (SIGHUP), and goes on to its end: 2, neither 1 (which would say FAIL) nor 120."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(PROJECT)
        os.execv(sys.executable, [sys.executable, "-c", code, str(run.folder)])  # noqa: S606 - no shell
    with ended(process):
        said, deadline = b"", time.monotonic() + _DEADLINE_S
        while _READY not in said:
            assert select.select([terminal], [], [], deadline - time.monotonic())[0], f"not ready in time; it said {said!r}"
            said += os.read(terminal, 4096)
        os.close(terminal)
        os.kill(process, signal.SIGHUP)
        assert psutil.Process(process).wait(_DEADLINE_S) == _INVALID


def test_a_closed_terminal_is_one_wish_though_it_is_told_twice() -> None:
    """The system tells it, and the shell its jobs: no second signal, at which the read-back would be left out. A Ctrl-C besides is one."""
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
        assert interrupts.asked
        assert not interrupts.hurried
        signal.raise_signal(signal.SIGINT)
        assert interrupts.hurried


@contextmanager
def ended(process: int) -> Iterator[None]:
    """Inside, a child of ours; afterwards it is none, whatever has become of the test."""
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):
            psutil.Process(process).kill()
        with suppress(ChildProcessError):
            os.waitpid(process, 0)
