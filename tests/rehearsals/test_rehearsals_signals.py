"""Ctrl-C, SIGTERM and SIGHUP, at whatever stage: what is under way ends in order, what is left is told truly, and that is nothing."""

import signal
import subprocess

import pytest
from rehearsing import DRILLED, SHORT, Lab, left_running, processes, until

pytestmark = pytest.mark.rehearsal

FROZEN = DRILLED | {"drills": [DRILLED["drills"][0] | {"drill": "primary-freeze"}]}
BEFORE = "stormdrill: stopped before the rehearsal began; nothing is left running\n"


def until_said(process: "subprocess.Popen[str]", words: str) -> str:
    """Reads what it says on stderr until it says that; gives all of it."""
    said = ""
    assert process.stderr
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it never said {words!r}:\n{said}")


@pytest.mark.parametrize(
    ("words", "number"), [("starting PostgreSQL", signal.SIGINT), ("enrolling", signal.SIGHUP), ("enrolling", signal.SIGTERM)]
)
def test_before_the_load_there_is_nothing_to_judge_and_nothing_left(lab: Lab, words: str, number: signal.Signals) -> None:
    """While the world starts, and while customers are enrolled: exit code 70, one true sentence, and no process."""
    process = lab.start("run", lab.scenario(SHORT), "--out", str(lab.runs))
    until_said(process, words)
    process.send_signal(number)
    process.send_signal(number)  # a second one does not come between what cleans up
    out, err = process.communicate(timeout=60)
    assert process.returncode == 70, out + err
    assert err.endswith(BEFORE)
    assert left_running(lab) == []
    assert list(lab.temporary.glob("stormdrill-*/run-*")) == []


def test_a_second_signal_hurries_and_still_heals(lab: Lab) -> None:
    """In mid-fault: the load ends at once, the read-back is left out, the fault is undone; judged as partial."""
    process = lab.start("run", lab.scenario(FROZEN), "--out", str(lab.runs))
    until(lambda: lab.latest.is_dir() and bool(lab.events("fault.effective")), "a fault in effect")
    process.send_signal(signal.SIGTERM)
    until(lambda: lab.events("run.interrupted"), "the first is heard")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    assert out.startswith("INVALID  partial: interrupted at "), "the headline is what the user did, not what it led to"
    assert lab.events("fault.healed")
    assert lab.events("run.ended")
    assert left_running(lab) == []


def test_while_judging_the_run_is_whole_already(lab: Lab) -> None:
    """What is left out is said, with the call that does it."""
    process = lab.start("run", lab.scenario(SHORT), "--out", str(lab.runs))
    until_said(process, "judging")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 70, out + err
    assert f"stopped while judging; nothing is left running, and the run is whole: stormdrill judge {lab.latest}" in err
    assert left_running(lab) == []
    assert lab.call("judge", str(lab.latest)).code == 0


def test_a_world_that_dies_stops_the_run_at_once(lab: Lab) -> None:
    """Its supervisor killed: said within seconds, judged as partial, and nothing is waited for that cannot come."""
    process = lab.start(
        "run", lab.scenario(SHORT | {"phases": [{"name": "sale", "lasts": "90 s", "arrivals": "8/s"}]}), "--out", str(lab.runs)
    )
    until(lambda: lab.latest.is_dir() and bool(lab.events("run.phase")), "load under way")
    for supervisor in processes(lab, "mock_bank.supervisor"):
        supervisor.kill()
    until(lambda: lab.events("run.interrupted"), "the run says so", 30)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    assert "its world is gone" in err
    assert left_running(lab) == []
