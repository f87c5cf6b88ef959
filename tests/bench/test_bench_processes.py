"""No load outlives the bench that asked for it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.kit.processes import cpu_s, started

_PARENT = """
import sys, time
from bench.kit.processes import started
with started(["sleep", "60"], 0) as child:
    print(child.pid, flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).parent.parent.parent
CORE = min(os.sched_getaffinity(0))


def gone(pid: int, within_s: float = 10.0) -> bool:
    """Whether a process ends in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_generator_dies_with_its_bench(how: signal.Signals) -> None:
    """However the bench ended."""
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT.replace(", 0)", f", {CORE})")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as bench:
        assert bench.stdout is not None
        child = int(bench.stdout.readline())
        bench.send_signal(how)
    assert gone(child)


def test_the_cpu_of_children_counts_even_after_they_have_ended(tmp_path: Path) -> None:
    """The whole tree's, so that nobody hides work in a child."""
    burn = "import time; until = time.process_time() + 0.2\nwhile time.process_time() < until: pass"
    code = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {burn!r}]); print('done', flush=True); time.sleep(60)"
    said = tmp_path / "said"
    with started([sys.executable, "-c", code], CORE, said=said) as process:
        deadline = time.monotonic() + 60
        while "done" not in said.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert cpu_s(process.pid) >= 0.2
    assert process.returncode is not None
