"""Kill -9 of the rehearsal, of its watchdog, or of both at every step of a fault's life: the world is whole again within the lease.

`make kills` tries the whole table on an embedded world; `make test` a few cells of it on the stand-in. Where STORMDRILL_KILLS names a file,
each cell's outcome is a line of it, and cells that have held before are not tried again.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from chaos_lives import FAULTS, JOURNALED, LEASE_S, VICTIMS, Life, Lived, Wait, lives, steps, untried
from chaos_support import StandIn, wait

import chaos
from chaos.handles.topology import read_topology
from chaos.health import HealthCheck
from chaos.registry import build_fault
from chaos.target_handles import Handles

JOURNAL = os.environ.get("STORMDRILL_KILLS")
HEALERS = {"rehearsal": "the watchdog", "watchdog": "the rehearsal", "both": "the guardian"}
_SAMPLED = ("fault.undoing", "fault.injecting", "fault.effective")
SAMPLE = [Life("process", victim, step) for victim, step in zip(VICTIMS, _SAMPLED, strict=True)]


def test_the_table_is_of_every_step_that_is_told() -> None:
    """The steps are the code's own; each kind of fault, each victim and each step in every combination, and each once."""
    assert steps() == [
        "fault.requested",
        "lease.journaled",
        "fault.injecting",
        "fault.effective",
        "fault.undoing",
        "fault.undone",
        "fault.healed",
    ]
    table = list(lives())
    assert len(table) == len(set(table)) == len(FAULTS) * len(VICTIMS) * len(steps())
    assert set(SAMPLE) <= set(table)


@contextmanager
def noted(life: Life) -> Iterator[Lived]:
    """Takes down how a cell goes, held or not."""
    lived = Lived(str(life))
    try:
        yield lived
        lived.held = True
    finally:
        if JOURNAL:
            lived.note(Path(JOURNAL))


def live(life: Life, handles: Handles, folder: Path) -> None:
    """One cell: a life in which somebody dies, who heals, and what is left."""
    folder.mkdir(exist_ok=True)
    waiting = Wait(life, handles, folder)
    kind, fields = FAULTS[life.kind]
    fault = build_fault(kind, fields)
    with noted(life) as lived:
        rehearsal = waiting.start()
        said, _ = rehearsal.communicate(timeout=150)
        lived.exit = rehearsal.returncode
        wait(lambda: not running(folder), f"nobody of it runs any more\n{said}", 60)
        passed = waiting.passed
        assert life.step in passed, f"it came to {passed} only\n{said}"
        assert passed == [step for step in steps() if step in passed], "the steps have another order"
        assert passed[: steps().index(life.step) + 1] == steps()[: steps().index(life.step) + 1], f"steps were left out: {passed}"
        assert JOURNALED in passed or "fault.injecting" not in passed
        assert life.step != steps()[0] or life.victim == "watchdog" or len(passed) == 1, f"it was broken for nobody: {passed}"
        assert lived.exit != 0, f"a rehearsal in which somebody was killed ends as one that was whole\n{said}"
        lived.healer = HEALERS[life.victim] if JOURNALED in passed else "nobody: nothing was broken"
        assert chaos.leftovers(waiting.leases) == [], f"{lived.healer} has not healed\n{said}"
        wait(lambda: handles.probe_health().holds, "the world is whole", 60)
        lived.healed_s = round(time.monotonic() - waiting.died_s, 1)
        assert lived.healed_s <= LEASE_S
        target = fault.find_target(handles)  # one that is broken still is refused
        assert not fault.is_effective(handles, target).holds


def running(folder: Path) -> list[int]:
    """Pids of a cell's processes: the folder stands in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in process.environ().get("PYTHONPATH", "") and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.skipif(bool(JOURNAL), reason="the whole table is tried on an embedded world")
@pytest.mark.parametrize("life", SAMPLE, ids=str)
def test_whoever_dies_the_stand_in_is_whole_again(life: Life, world: StandIn, tmp_path: Path) -> None:
    """A cell for each victim."""
    live(life, world.handles, tmp_path / "life")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handles]:
    """The handles of an embedded world of the table's own."""
    folder = tmp_path_factory.mktemp("embedded") / "world"
    command = [sys.executable, "-m", "mock_bank"]
    up = subprocess.run([*command, "up", "--dir", str(folder)], capture_output=True, text=True, timeout=120, check=False)
    try:
        assert up.returncode == 0, up.stderr
        topology = Path(up.stdout.strip())
        url = read_topology(topology).supervisor.url
        facts = json.loads(topology.read_bytes())
        sql = [f"postgresql://{gateway['db']}/postgres?user={facts['database']['user']}&secret=PASSWORD" for gateway in facts["gateways"]]
        yield Handles(
            topology_file=topology,
            health=HealthCheck(
                url=f"{url}/state", headers={"Authorization": "Bearer {secret.CONTROL}"}, healthy="$.healthy == true", reason="$.reason"
            ),
            world_secrets={"CONTROL": "control_token", "PASSWORD": "database.password"},
            others={"haproxy": tuple(gateway["socket"] for gateway in facts["gateways"]), "postgresql": tuple(sql)},
        )
    finally:
        subprocess.run([*command, "down", "--dir", str(folder)], capture_output=True, timeout=60, check=True)


@pytest.mark.parametrize("life", untried(Path(JOURNAL)) if JOURNAL else [], ids=str)
def test_whoever_dies_the_embedded_world_is_whole_again(life: Life, embedded: Handles, tmp_path: Path) -> None:
    """The table."""
    wait(lambda: embedded.probe_health().holds, "the world is whole before", 60)
    live(life, embedded, tmp_path / "life")
