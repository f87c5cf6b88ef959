"""The world's first process and its supervisor: who is taken for frozen, and whom the world's own files name, in races that are certain."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_bank.layout.folders import Folders, layout
from mock_bank.layout.ports import PortClaim
from mock_bank.layout.record import Record
from mock_bank.layout.settings import Settings
from mock_bank.layout.topology import Addresses, Credentials
from mock_bank.postgres.binaries import database_user
from mock_bank.processes.identity import Identity
from mock_bank.supervisor.supervisor import Supervisor
from scenarios.plugins import PROJECT

FIRST_PROCESS = """
import sys
from pathlib import Path
from mock_bank.layout.folders import layout
from mock_bank.layout.settings import Settings
from mock_bank.supervisor import init_process
folders = layout(Path(sys.argv[1]), int(sys.argv[2]))
sys.executable, init_process._FROZEN_AFTER_S = sys.argv[3], 1.0
print(init_process.InitProcess(folders, Settings.load(folders.settings), -1).run())
"""
"""It runs a stand-in for the supervisor, and takes it for frozen sooner than life does."""

BEAT = "import os, sys, time; beat = lambda: os.write(int(sys.argv[5]), b'.')"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A world's, with its settings and nothing else."""
    there = layout(tmp_path / "world", database_user().uid)
    there.logs.mkdir(parents=True)
    there.settings.write_text(Settings(str(there.world)).dumps())
    return there


def ended(folders: Folders, supervisor: str) -> tuple[str, str]:
    """What the first process returns of a supervisor that does this, and what it logs; `beat()` is a sign of life."""
    stand_in = folders.world / "python"
    stand_in.write_text(
        f"#!{sys.executable}\nimport os, sys, time\nbeat = lambda: os.write(int(sys.argv[5]), b'.')\n{supervisor}\nos._exit(0)\n"
    )
    stand_in.chmod(0o700)
    argv = [sys.executable, "-c", FIRST_PROCESS, str(folders.world), str(database_user().uid), str(stand_in)]
    run = subprocess.run(argv, env=os.environ | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, timeout=100, check=False)
    return run.stdout.strip(), run.stderr.strip()


def test_supervisor_that_starts_slowly_is_not_taken_for_frozen(folders: Folders) -> None:
    """An interpreter among many has its first word late: three times as late as one that has spoken may be."""
    assert ended(folders, "time.sleep(3); beat()") == ("(0, True)", "")


def test_supervisor_that_falls_silent_is_ended_and_that_is_told(folders: Folders) -> None:
    """One that has breathed is frozen once it does so no more."""
    assert ended(folders, "beat(); time.sleep(600)") == ("(70, True)", "the supervisor said nothing for 1 s and is ended")


class Leading:
    """Who leads, as far as a topology tells it."""

    primary = "db-1"


@pytest.fixture
def first() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that stands for the world's first one."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def test_topology_names_the_first_process_though_it_is_gone_by_then(
    folders: Folders, first: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first process's death and the supervisor's own end, when it has another parent, a topology may be written."""
    monkeypatch.setattr(os, "getppid", lambda: first.pid)
    known = Identity.of(first.pid)
    with PortClaim.new() as claim:
        supervisor = Supervisor(Settings.load(folders.settings), folders, Record(Addresses.claimed(claim), Credentials.new()))
    supervisor.failover = Leading()  # type: ignore[assignment]
    first.kill()
    first.wait()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    supervisor.describe()
    told = json.loads(folders.topology.read_text())
    assert known is not None
    assert (told["pid"], told["started"]) == (known.pid, known.started)
