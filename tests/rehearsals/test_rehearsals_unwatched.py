"""A watchdog that cannot come up: one sentence, the right exit code, nothing is broken, and no run that looks whole."""

import os

import pytest
from rehearsing import DRILLED, Lab, left_running, said

pytestmark = pytest.mark.rehearsal


def test_a_watchdog_that_dies_at_once_makes_the_run_invalid(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The load is stopped at once, what there is is judged, and the reason is a finding."""
    (lab.folder / "sitecustomize.py").write_text("import os, sys\nif 'chaos.watchdog.process' in sys.orig_argv:\n    os._exit(3)\n")
    usual = lab.environment()
    monkeypatch.setattr(lab, "environment", lambda: usual | {"PYTHONPATH": f"{lab.folder}{os.pathsep}{usual['PYTHONPATH']}"})
    done = lab.rehearse(DRILLED)
    assert done.code == 2, said(done)
    assert "stopping: the watchdog does not start: the watchdog is gone (exit code 3); nothing was broken" in done.err
    assert "Traceback" not in done.out + done.err
    assert lab.finding("processes")["status"] == "INVALID"
    assert "the watchdog is gone (exit code 3)" in lab.finding("processes")["detail"]
    assert not lab.events("fault.requested")
    assert not left_running(lab)


def test_a_place_for_leases_that_cannot_be_used_is_refused_before_anything_is_started(lab: Lab) -> None:
    """A file lies where the folder should be: wrong usage, said in one line, and there is no run."""
    place = lab.temporary / f"stormdrill-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    (place / "leases").write_text("")
    refused = lab.rehearse(DRILLED)
    assert refused.code == 64, said(refused)
    (line,) = [line for line in refused.err.splitlines() if "remove what is in its way or set TMPDIR" in line]
    assert "cannot be made" in line
    assert not lab.runs.is_dir() or not list(lab.runs.iterdir())
