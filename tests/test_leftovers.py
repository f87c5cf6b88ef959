"""Tests that are killed leave no process behind."""

import subprocess
import sys
import time
from pathlib import Path

from leftovers import bearing

MARK = "tests-of-leftovers"
KILLED = f"""
import os, signal, subprocess, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from leftovers import leave_nothing
leave_nothing({MARK!r})
stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
for _ in range(2):
    subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE, start_new_session=True).stdout.readline()
print("all there", flush=True)
signal.pause()
"""


def test_what_killed_tests_have_started_ends() -> None:
    """Also what does not listen, and is in a session of its own."""
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        assert tests.stdout.readline() == "all there\n"
        assert len(bearing(MARK)) == 2  # as many as it has started; it bears none itself
        tests.kill()
    deadline = time.monotonic() + 60
    while bearing(MARK) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not bearing(MARK)
