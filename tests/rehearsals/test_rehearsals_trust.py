"""Rehearsals that prove nothing say so."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rehearsing import SHORT, Lab, left_running, load_makers, processes, until

from scenarios.run.records import SAMPLE, read_all

pytestmark = pytest.mark.rehearsal

BURNERS = 4
BURN = "import time; until = time.monotonic() + 12\nwhile time.monotonic() < until: pass"
_GENEROUS, _LAST = 10, 19
"""How nice the burners are: to the load process not at all, which comes last, and to all else on this machine much."""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to a core")
def test_a_starved_generator_is_invalid(lab: Lab) -> None:
    """The load process behind burners on its core, at the lowest priority: it cannot keep its schedule, and hardly gets to run."""
    untrusting = SHORT | {"trust": {}, "phases": [{"name": "sale", "lasts": "8 s", "arrivals": "40/s"}]}
    process = lab.start("run", lab.scenario(untrusting), "--out", str(lab.runs))
    until(lambda: lab.latest.is_dir() and lab.events("load.ready"), "the crowd is ready")
    (maker,) = load_makers(lab)
    core = min(os.sched_getaffinity(0))
    for thread in maker.threads():
        os.sched_setaffinity(thread.id, {core})
        os.setpriority(os.PRIO_PROCESS, thread.id, _LAST)
    _be_nice(maker.pid, _LAST)
    burn = [sys.executable, "-c", f"import os; os.nice({_GENEROUS}); os.sched_setaffinity(0, {{{core}}})\n{BURN}"]
    burners = [subprocess.Popen(burn, start_new_session=True) for _ in range(BURNERS)]
    for burner in burners:
        _be_nice(burner.pid, _GENEROUS)
    try:
        out, err = process.communicate(timeout=180)
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert process.returncode == 2, f"{out}\n{err}"
    assert lab.finding("dispatch-lag")["status"] == "INVALID"
    assert lab.finding("core-waits")["status"] == "INVALID"


def _be_nice(pid: int, level: int) -> None:
    """Linux shares a core between sessions first, by a priority of theirs, and only then by that of threads."""
    session = Path(f"/proc/{pid}/autogroup")
    while session.exists():
        try:
            session.write_text(str(level))
        except BlockingIOError:  # whoever is not root may do so ten times a second
            time.sleep(0.12)
        else:
            return


@pytest.mark.parametrize("workers", [1, 2])
def test_a_gate_stops_a_run_whose_target_froze(lab: Lab, workers: int) -> None:
    """All nodes stop answering: within two seconds of the gate's four nobody comes any more; judged as a whole, and seen to be cut."""
    gate = "tps >= 0.5/s abort after 4 s"
    lasting = SHORT | {"phases": [{"name": "sale", "lasts": "90 s", "arrivals": "14/s"}], "gates": [gate]}
    process = lab.start("run", lab.scenario(lasting), "--workers", str(workers), "--out", str(lab.runs))
    until(lambda: lab.latest.is_dir() and _seconds(lab) > 6, "load under way")
    nodes = processes(lab, "mock_bank.services.node")
    assert nodes
    for frozen in nodes:
        frozen.suspend()
    try:
        until(lambda: lab.events("gate.breached"), "the gate is broken", 30)
    finally:
        for frozen in nodes:
            frozen.resume()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, f"{out}\n{err}"
    (breach,) = lab.events("gate.breached")
    assert breach["to_s"] - breach["from_s"] == 4
    last_s = float(read_all(lab.latest / "samples", SAMPLE)["intended_ns"].max()) / 1e9
    assert last_s <= breach["to_s"] + 2, f"the last customer came {last_s - breach['to_s']:.2f} s after the gate's time"
    assert "which stopped the run" in lab.finding(f"gate: {gate}")["detail"]
    assert lab.finding("whole-run")["status"] == "PASS"
    assert f"broken until stopped: {gate}".replace(">", "&gt;") in (lab.latest / "charts" / "timeline.svg").read_text("utf-8")
    assert not left_running(lab)


def _seconds(lab: Lab) -> float:
    """Seconds since T0, as the load processes last told."""
    return max((event["at_ns"] / 1e9 for event in lab.events("load.health")), default=0.0)


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
