"""Rehearsals that prove nothing say so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rehearsing import SHORT, Lab, left_running, load_makers, said, until

BURNERS = 80
BURN = "import time; until = time.monotonic() + 14\nwhile time.monotonic() < until: pass"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A user's own folder."""
    return Lab(tmp_path)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to a core")
def test_a_starved_generator_is_invalid(lab: Lab) -> None:
    """The load process behind burners on its core, at the lowest priority: it cannot keep its schedule, and hardly gets to run."""
    process = lab.start("run", lab.scenario(SHORT | {"trust": {}}), "--out", str(lab.runs))
    until(lambda: lab.latest.is_dir() and lab.events("load.ready"), "the crowd is ready")
    (maker,) = load_makers(lab)
    core = min(os.sched_getaffinity(0))
    for thread in maker.threads():
        os.sched_setaffinity(thread.id, {core})
        os.setpriority(os.PRIO_PROCESS, thread.id, 19)
    # Each in a session of its own: Linux shares a core between sessions first, and only then by priority.
    burn = [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{core}}})\n{BURN}"]
    burners = [subprocess.Popen(burn, start_new_session=True) for _ in range(BURNERS)]
    try:
        out, err = process.communicate(timeout=180)
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert process.returncode == 2, f"{out}\n{err}"
    assert lab.finding("dispatch-lag")["status"] == "INVALID"
    assert lab.finding("core-waits")["status"] == "INVALID"


def test_a_full_disk_is_refused_before_anything_starts(lab: Lab) -> None:
    """On a small file system of our own, in a namespace of our own where this system allows it."""
    small = lab.folder / "small"
    small.mkdir()
    mount = f"mount -t tmpfs -o size=1m none {small} || exit 77; exec {' '.join(lab.command('run', 'smoke', '--out', str(small)))}"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount],  # noqa: S607 - whichever there is
        env=lab.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system lets nobody mount in a namespace of his own")
    assert done.returncode == 64, f"{done.stdout}\n{done.stderr}"
    assert "MB are free here; a run needs" in done.stderr
    assert not left_running(lab)


def test_too_few_samples_for_a_gates_percentile_are_invalid(lab: Lab) -> None:
    """A p99.9 of some hundred operations says nothing."""
    outcome = lab.rehearse(SHORT | {"phases": [{"name": "sale", "lasts": "6 s", "arrivals": "8/s"}]}, gates=["p99.9 <= 10 s"])
    assert outcome.code == 2, said(outcome)
    assert lab.finding("enough-samples")["status"] == "INVALID"
