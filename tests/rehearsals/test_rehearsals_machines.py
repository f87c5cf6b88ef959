"""Whole rehearsals whose load comes from other machines: the real command line at both ends, no folder in common."""

import os
import signal
import subprocess
import tempfile

import pytest
from loopback import free_port
from rehearsing import SHORT, Lab, left_running, until

pytestmark = pytest.mark.rehearsal

BRIEF = SHORT | {"phases": [{"name": "sale", "lasts": "6 s", "arrivals": "20/s"}], "drain": "4 s"}


def _start(lab: Lab) -> tuple["subprocess.Popen[str]", list["subprocess.Popen[str]"]]:
    """A master, and two workers that are there before it."""
    port = str(free_port())
    workers = []
    for number in range(2):
        place = lab.folder / f"machine-{number}"
        place.mkdir()
        environment = lab.environment() | {"TMPDIR": tempfile.mkdtemp(prefix="sd-work-")}
        workers.append(
            lab.popen(
                lab.command("work", "--master-host", "127.0.0.1", "--master-port", port),
                environment=environment,
                cwd=place,
                stderr=subprocess.STDOUT,
            )
        )
    options = ["--master", "--master-port", port, "--workers", "2", "--wait", "60", "--out", str(lab.runs)]
    return lab.start("run", lab.scenario(BRIEF), *options), workers


def test_a_rehearsal_with_workers_elsewhere_passes(lab: Lab) -> None:
    """The master shows who is there; all of it ends by itself."""
    process, workers = _start(lab)
    out, err = process.communicate(timeout=120)
    said = [worker.communicate(timeout=30)[0] for worker in workers]
    assert process.returncode == 0, f"{out}\n{err}\n{said}"
    assert out.startswith("PASS")
    assert "waiting for 2 workers; on each of their machines call:" in err
    assert "2 of 2 workers" in err
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert lab.finding("worker-clocks")["status"] == "PASS"
    assert sorted(path.name for path in (lab.latest / "samples").iterdir()) == ["load-0.bin", "load-1.bin"]
    assert not left_running(lab)


def test_ctrl_c_while_nobody_has_come_leaves_nothing_behind(lab: Lab) -> None:
    """Neither a master nor a world; one sentence, and a worker that is there already ends too."""
    process, workers = _start(lab)
    unwilling = workers.pop()
    unwilling.kill()
    unwilling.communicate()
    until(lambda: lab.latest.is_dir() and "process" in _there(lab), "one of two is there")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 70, err
    assert "stopped before the rehearsal began; nothing is left running" in err
    assert "the master ended before the run began" in workers[0].communicate(timeout=30)[0]
    assert workers[0].returncode == 70
    assert not left_running(lab)


def _there(lab: Lab) -> str:
    roster = lab.latest / "handover" / "workers.json"
    return roster.read_text() if roster.is_file() else ""


def test_a_rehearsal_that_loses_a_worker_is_invalid(lab: Lab) -> None:
    """And says which, and where it was."""
    process, workers = _start(lab)
    until(lambda: lab.latest.is_dir() and len(lab.events("load.joined")) == 2, "both have their share")
    until(lambda: lab.events("run.phase"), "the load has begun")
    os.kill(workers[0].pid, signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    for worker in workers:
        worker.communicate(timeout=30)
    assert process.returncode == 2, f"{out}\n{err}"
    assert f"(process {workers[0].pid}) was lost" in lab.finding("processes")["detail"]
    assert workers[1].returncode == 0
    assert not left_running(lab)
