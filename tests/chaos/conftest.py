"""What the tests of chaos share."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos_support import HERE, NO_OP, SCAR, WITNESS, StandIn

from scenarios.run.folder import Run


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StandIn]:
    """A stand-in world with two databases and a node."""
    folder = tmp_path / "world"
    folder.mkdir()
    argv = [sys.executable, str(HERE / "chaos_standin.py"), str(folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        yield StandIn(folder, process.stdout.readline().strip(), process)
        assert process.stdin is not None
        process.stdin.close()
        process.send_signal(signal.SIGCONT)
        process.wait(20)


@pytest.fixture
def leases(tmp_path: Path) -> Path:
    """A folder of leases of the test's own."""
    return tmp_path / "home" / "leases"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run folder that events can be written to."""
    for name in ("events", "logs"):
        (tmp_path / "run" / name).mkdir(parents=True)
    return Run(tmp_path / "run")


@pytest.fixture
def own_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder with the faults `no-op`, `scar` and `witness`."""
    folder = tmp_path / "own"
    (folder / "chaos" / "faults").mkdir(parents=True)
    (folder / "chaos" / "faults" / "no_op.py").write_text(NO_OP)
    (folder / "chaos" / "faults" / "scar.py").write_text(SCAR)
    (folder / "chaos" / "faults" / "witness.py").write_text(WITNESS)
    monkeypatch.setenv("STORMDRILL_PATH", str(folder))
    return folder
