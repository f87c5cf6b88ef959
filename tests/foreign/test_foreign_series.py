"""All drills to which a target gives access, one after the other: one runs, one is interrupted, and what was not run says why."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hosting import Hosted, hosted

from scenarios.plugins import PROJECT

FAULT = '''"""The service is taken away, as by a gateway that has lost it."""

import os
import signal
import urllib.error
import urllib.request

from chaos.fault import Fault, FaultTarget
from chaos.health import ProbeResult


class TakenAway(Fault):
    """By a signal of its own."""

    def find_target(self, handles):
        return FaultTarget(part="lanting")

    def inject(self, handles, target):
        os.kill(PID, signal.SIGUSR1)

    def is_effective(self, handles, target):
        return self.look(503)

    def undo(self, handles, target):
        os.kill(PID, signal.SIGUSR2)

    def is_healed(self, handles, target):
        return self.look(200)

    def look(self, wanted: int):
        try:
            status = urllib.request.urlopen(urllib.request.Request("URL/", data=b"{}"), timeout=5).status
        except urllib.error.HTTPError as error:
            status = error.code
        return ProbeResult(holds=status == wanted, evidence=f"it answers {status}")
'''
DRILL = '''"""NAME."""

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.taken_away import TakenAway


class NAME(Drill):
    """For a moment."""

    facts = DrillFacts(
        domain="node", hypothesis="It comes back.", blast_radius="all", access=(), deadline_s=3.0, rto_s=3.0,
        pulse=("account.balance",), arrivals_per_s=4.0,
    )

    def steps(self):
        return (FaultStep(TakenAway(), lasts_s=0.5),)
'''
POLICY = """
name: ours
describe: What our service owes.
domains:
  node: {rto: 3 s, rpo: 0, require: [first, third]}
"""
NAMES = ("first", "second", "third")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Hosted]:
    """Lanting, with three drills of a bank's own."""
    with hosted(tmp_path) as running:
        running.operator(hosts=["127.0.0.1"])
        own = tmp_path / "own" / "chaos"
        for folder in ("faults", "drills"):
            (own / folder).mkdir(parents=True)
        (own / "faults" / "taken_away.py").write_text(FAULT.replace("PID", str(running.pid)).replace("URL", running.url))
        for name in NAMES:
            (own / "drills" / f"{name}.py").write_text(DRILL.replace("NAME", name.capitalize()))
        (tmp_path / "ours.yaml").write_text(POLICY)
        yield running


def until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """Waits, as long as the process lives."""
    deadline = time.monotonic() + 180
    while not holds():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.rehearsal
def test_what_was_done_is_kept_and_what_was_not_run_says_why(service: Hosted, tmp_path: Path) -> None:
    """Ctrl-C in the second of three: one page has the first's figures, the second as INVALID, and of the others the reason."""
    command = [sys.executable, "-m", "stormdrill", "--path", "own", "drill", "all", "--target", str(service.file())]
    command += ["--only", "primary-kill,first,second,third", "--policy", "ours.yaml", "--out", "runs"]
    said = tmp_path / "said"
    with said.open("wb") as told:
        series = subprocess.Popen(
            command, cwd=tmp_path, env=service.environment() | {"PYTHONPATH": str(PROJECT)}, stdout=told, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: "s left" in said.read_text(errors="replace").partition("2 of 3: second")[2], series)
        series.send_signal(signal.SIGINT)
        code = series.wait(120)
    finally:
        series.kill()
        series.wait(30)
    (folder,) = (tmp_path / "runs").glob("*-drill-all")
    found = json.loads((folder / "drills.json").read_text())
    lacking, first, second, third = found["drills"]
    assert "needs the handle 'topology'" in lacking["sentence"]
    assert first["verdict"] in ("PASS", "FAIL", "INVALID")
    assert (folder / first["run"] / "report.html").exists()
    assert second["verdict"] == "INVALID"
    assert "stopping: stopped by the user; what there is will be judged as partial" in said.read_text(errors="replace")
    assert (third["verdict"], third["sentence"]) == (None, "stopped by the user before its turn")
    (row,) = found["domains"]
    assert (row["holds"], row["ran"], row["missing"]) == (False, 2, ["third"])
    assert (code, found["verdict"]) == (1, "FAIL"), said.read_text(errors="replace")
    page = (folder / "drills.html").read_text()
    assert all(name in page for name in ("primary-kill", *NAMES))
    assert "the policy does not hold in: node" in said.read_text(errors="replace")
