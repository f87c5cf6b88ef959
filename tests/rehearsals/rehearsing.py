"""Whole rehearsals for tests: the real command line, on the real embedded world, with short scenarios in a folder of their own."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil
import yaml
from leftovers import end

from mock_bank.layout.homes import private_home
from mock_bank.postgres.binaries import database_user, find_postgres
from mock_bank.postgres.template import copy_cluster
from mock_bank.processes.identity import PidFile
from mock_bank.processes.spawning import Spawner
from scenarios.plugins import PROJECT

LAB_VARIABLE = "STORMDRILL_TEST_LAB"
"""Marks every process that a lab's commands start, so that what is left of them can be found."""

SHORT: dict[str, Any] = {
    "name": "short",
    "describe": "Seven seconds of everything.",
    "target": "lab",
    "population": {"customers": 300},
    "campaign": {"prizes": {"skus": 3, "stock": 24, "per_customer": 1, "face_fen": 2000}},
    "phases": [{"name": "sale", "lasts": "7 s", "arrivals": "14/s"}],
    "mix": {"flash-sale": 55, "ordinary-banking": 20, "check-in": 15, "idempotency-probe": 10},
    "drain": "8 s",
    "trust": {"dispatch_lag_p99_ms": 1000, "stall_ms": 5000},
}
"""Too short to drill. Its trust is wide: these tests are about what a run means, not about this machine's speed."""

DRILLED: dict[str, Any] = SHORT | {
    "describe": "Half a minute with a drill in it.",
    "phases": [{"name": "sale", "lasts": "33 s", "arrivals": "10/s"}],
    "pulse": {"operations": ["account.balance", "transfer.submit"], "rate": "20/s"},
    "drills": [{"drill": "primary-kill", "at": "17 s", "deadline": "10 s", "window": "5 s"}],
}
"""Its drill strikes late enough for ten steady seconds also where the load comes five seconds late."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


class Lab:
    """A user's own folder with a scenario and a target, and a place for runs."""

    def __init__(self, folder: Path) -> None:
        """Makes the folders."""
        self.folder = folder
        (folder / "scenarios" / "catalog").mkdir(parents=True)
        (folder / "scenarios" / "targets").mkdir()
        # Leases and worlds of its own, whatever else runs on this machine; short, because socket paths are bounded, and
        # open, because PostgreSQL runs as another user where we are root.
        self.temporary = Path(tempfile.mkdtemp(prefix="sd-"))
        self.temporary.chmod(0o755)
        _share_cluster(self.temporary)
        self._started: list[subprocess.Popen[str]] = []
        self.target()

    def __enter__(self) -> Self:
        """Until its end."""
        return self

    def __exit__(self, *_: object) -> None:
        """What a test that failed has left running would be in the next one's way."""
        running = [process for process in self._started if process.poll() is None]
        if running:
            end(processes(self, ""))
        for process in running:
            process.kill()
            process.communicate()

    def scenario(self, base: dict[str, Any], **changes: object) -> str:
        """Writes a scenario; gives its file."""
        path = self.folder / "scenarios" / "catalog" / "short.yaml"
        path.write_text(yaml.safe_dump(base | changes))
        return str(path)

    def target(self, **switches: str | bool) -> None:
        """Writes the target `lab`: the embedded one, its world started for tests with these switches."""
        lab = self.folder / "scenarios" / "targets" / "lab"
        shutil.copytree(PROJECT / "scenarios" / "targets" / "embedded", lab, dirs_exist_ok=True)
        given = json.dumps({"for-tests": True} | {name.replace("_", "-"): value for name, value in switches.items()})
        text = (lab / "target.yaml").read_text().replace("name: embedded", "name: lab", 1)
        (lab / "target.yaml").write_text(text.replace("  module: mock_bank\n", f"  module: mock_bank\n  switches: {given}\n", 1))

    @property
    def runs(self) -> Path:
        """Where its runs are made."""
        return self.folder / "runs"

    @property
    def latest(self) -> Path:
        """Its latest run."""
        return (self.runs / "latest").resolve()

    def command(self, *arguments: str) -> list[str]:
        """The command line of a call."""
        return [sys.executable, "-m", "stormdrill", "--path", str(self.folder), *arguments]

    def environment(self) -> dict[str, str]:
        """The process environment of a call."""
        return os.environ | {"PYTHONPATH": str(PROJECT), LAB_VARIABLE: str(self.folder), "TMPDIR": str(self.temporary)}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Starts a call and does not wait."""
        return self.popen(self.command(*arguments), cwd=self.folder, stderr=subprocess.PIPE, start_new_session=True)

    def popen(self, command: list[str], *, environment: dict[str, str] | None = None, **more: Any) -> "subprocess.Popen[str]":
        """Starts a command that ends with the lab."""
        process = subprocess.Popen(command, env=environment or self.environment(), stdout=subprocess.PIPE, text=True, **more)
        self._started.append(process)
        return process

    def call(self, *arguments: str) -> Outcome:
        """Runs a call to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=240)
        return Outcome(process.returncode, out, err)

    def rehearse(self, base: dict[str, Any], **changes: object) -> Outcome:
        """Runs a scenario."""
        return self.call("run", self.scenario(base, **changes), "--out", str(self.runs))

    def verdict(self) -> dict[str, Any]:
        """The latest verdict."""
        found: dict[str, Any] = json.loads((self.latest / "verdict.json").read_text())
        return found

    def finding(self, check: str) -> dict[str, Any]:
        """The latest verdict's finding of that id."""
        found = [finding for finding in self.verdict()["findings"] if finding["id"] == check]
        assert found, f"no finding {check}; there are: {sorted(finding['id'] for finding in self.verdict()['findings'])}"
        worst: dict[str, Any] = min(found, key=lambda finding: ["FAIL", "INVALID", "SKIPPED", "PASS"].index(finding["status"]))
        return worst

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Events of one kind, of all writers of the latest run."""
        found = []
        for path in sorted((self.latest / "events").glob("*.jsonl")):
            for line in path.read_text().splitlines():
                event = json.loads(line)
                if event["kind"] == kind:
                    found.append(event)
        return found


def _share_cluster(temporary: Path) -> None:
    """Lets the worlds under a temporary folder of their own copy the cluster that is kept for all."""
    binaries = find_postgres(database_user())
    asyncio.run(copy_cluster(binaries, Spawner(temporary, PidFile(temporary / "pids.jsonl"), 0), []))
    home = private_home()
    own = temporary / home.name
    own.mkdir(mode=0o711)
    for kept in home.glob("cluster-*"):
        (own / kept.name).symlink_to(kept)


def left_running(lab: Lab) -> list[str]:
    """Command lines of processes that belong to the lab's runs: they name its folder, or carry it in their environment."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            mine = str(lab.folder) in " ".join(process.info["cmdline"] or []) or process.environ().get(LAB_VARIABLE) == str(lab.folder)
        except psutil.Error:
            continue
        if mine and process.info["pid"] != os.getpid():
            found.append(f"{process.info['pid']}: {' '.join(process.info['cmdline'] or [])}")
    return found


def processes(lab: Lab, word: str) -> list[psutil.Process]:
    """Processes of the lab's runs with that word in their command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if word in " ".join(process.cmdline()) and process.environ().get(LAB_VARIABLE) == str(lab.folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def load_makers(lab: Lab) -> list[psutil.Process]:
    """Processes that make the lab's load: Locust's workers, or the one that is all."""
    found, parents = processes(lab, "campaign.py"), set()
    for process in found:
        with suppress(psutil.NoSuchProcess):
            parents.add(process.ppid())
    return [process for process in found if process.pid not in parents]


def said(outcome: Outcome) -> str:
    """What a command said, for an assertion's message."""
    return f"exit {outcome.code}\n{outcome.out}\n{outcome.err}"


def until(holds: Callable[[], object], what: str, deadline_s: float = 200) -> None:
    """Waits for something to hold; fails with its name at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {deadline_s} s: {what}"
        time.sleep(0.1)
