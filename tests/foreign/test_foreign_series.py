"""All drills to which a target gives access, one after the other: one runs, one is interrupted, and what was not run says why."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hosting import Hosted, hosted

import chaos
from scenarios.plugins import PROJECT

pytestmark = pytest.mark.rehearsal

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


@dataclass(frozen=True)
class Commanded:
    """A command of stormdrill's that runs."""

    process: "subprocess.Popen[bytes]"
    said_in: Path

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self.said_in.read_text(errors="replace")

    def until(self, words: str, after: str = "") -> None:
        """Waits until it says that, and something else before."""
        until(lambda: words in self.said.partition(after)[2] if after else words in self.said, self.process)

    def ends(self) -> int:
        """With which exit code."""
        return self.process.wait(120)


@contextmanager
def commanded(service: Hosted, tmp_path: Path, *words: str) -> Iterator[Commanded]:
    """Runs, and is gone afterwards."""
    command = [sys.executable, "-m", "stormdrill", "--path", "own", "drill", *words, "--target", str(service.file()), "--out", "runs"]
    said = tmp_path / "said"
    with said.open("wb") as told:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=service.environment() | {"PYTHONPATH": str(PROJECT)}, stdout=told, stderr=subprocess.STDOUT
        )
    try:
        yield Commanded(process, said)
    finally:
        process.kill()
        process.wait(30)


@contextmanager
def standing_still(service: Hosted) -> Iterator[None]:
    """The service answers nobody, so that whoever asks it stays where he is."""
    os.kill(service.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(service.pid, signal.SIGCONT)


def stopped(tmp_path: Path) -> list[str]:
    """What `stormdrill stop` says of each that it tells."""
    return [str(one) for one in chaos.stop(tmp_path / "tmp" / f"stormdrill-{os.getuid()}" / "leases")]


def drills_of(tmp_path: Path) -> list[dict[str, object]]:
    """What came of each drill of the series."""
    (folder,) = (tmp_path / "runs").glob("*-drill-all")
    found: list[dict[str, object]] = json.loads((folder / "drills.json").read_text())["drills"]
    return found


def until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """Waits, as long as the process lives."""
    deadline = time.monotonic() + 180
    while not holds():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_was_done_is_kept_and_what_was_not_run_says_why(service: Hosted, tmp_path: Path) -> None:
    """Ctrl-C in the second of three: one page has the first's figures, the second as INVALID, and of the others the reason."""
    words = ("all", "--only", "primary-kill,first,second,third", "--policy", "ours.yaml")
    with commanded(service, tmp_path, *words) as series:
        series.until("s left", after="2 of 3: second")
        series.process.send_signal(signal.SIGINT)
        code = series.ends()
    (folder,) = (tmp_path / "runs").glob("*-drill-all")
    found = json.loads((folder / "drills.json").read_text())
    lacking, first, second, third = found["drills"]
    assert "needs the handle 'topology'" in lacking["sentence"]
    assert first["verdict"] in ("PASS", "FAIL", "INVALID")
    assert "Policy ours, node" in (folder / first["run"] / "report.html").read_text()
    assert second["verdict"] == "INVALID"
    assert "stopping: stopped by the user; what there is will be judged as partial" in series.said
    assert (third["verdict"], third["sentence"]) == (None, "stopped by the user before its turn")
    (row,) = found["domains"]
    assert (row["holds"], row["ran"], row["missing"]) == (False, 2, ["third"])
    assert (code, found["verdict"]) == (1, "FAIL"), series.said
    page = (folder / "drills.html").read_text()
    assert all(name in page for name in ("primary-kill", *NAMES))
    assert "the policy does not hold in: node" in series.said


def test_a_signal_after_the_load_is_one_to_the_whole_series(service: Hosted, tmp_path: Path) -> None:
    """While the first is read back: it is read back to its end and judged, and no other begins."""
    with commanded(service, tmp_path, "all", "--only", "first,second") as series:
        series.until("reading back")
        with standing_still(service):
            series.process.send_signal(signal.SIGINT)
        code = series.ends()
    first, second = drills_of(tmp_path)
    assert first["verdict"] in ("PASS", "FAIL", "INVALID")
    assert (second["verdict"], second["sentence"]) == (None, "stopped by the user before its turn")
    assert "2 of 2: second" not in series.said
    assert code in (1, 2), series.said  # a series that was cut proves nothing


def test_stop_finds_a_series_between_two_drills(service: Hosted, tmp_path: Path) -> None:
    """The first is over, and the second has no watchdog yet: the series is told and ends, and nothing more is broken."""
    with commanded(service, tmp_path, "all", "--only", "first,second") as series:
        series.until("2 of 2: second")
        with standing_still(service):
            (said,) = stopped(tmp_path)
            code = series.ends()
    (folder,) = (tmp_path / "runs").glob("*-drill-all")
    assert said == f"series of drills {folder}: told to stop; nothing of it is broken now, and it breaks nothing more"
    first, second = drills_of(tmp_path)
    assert first["verdict"] in ("PASS", "FAIL", "INVALID")
    assert (second["verdict"], second["sentence"]) == (None, "stopped by the user before its turn")
    assert code in (1, 2), series.said


def test_stop_finds_a_rehearsal_that_is_being_prepared(service: Hosted, tmp_path: Path) -> None:
    """It has no watchdog before T0; it ends, and leaves nothing."""
    with commanded(service, tmp_path, "first") as drill:
        drill.until("enrolling")
        with standing_still(service):
            (said,) = stopped(tmp_path)
            code = drill.ends()
    assert said == f"rehearsal {drill.process.pid}: told to stop; nothing of it is broken now, and it breaks nothing more"
    assert (code, drill.said.splitlines()[-1]) == (70, "stormdrill: stopped before the rehearsal began; nothing is left running")
    assert stopped(tmp_path) == []
