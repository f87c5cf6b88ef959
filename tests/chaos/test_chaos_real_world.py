"""The faults of the drills on the embedded world: real PostgreSQL, real supervisor."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos_support import wait

from chaos.handles.http import bearer, demand
from chaos.handles.topology import read_topology
from chaos.health import HealthCheck
from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import FaultState, FaultStatus


@pytest.fixture(scope="module")
def handles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handles]:
    """The handles of a world of the module's own."""
    folder = tmp_path_factory.mktemp("embedded") / "world"
    command = [sys.executable, "-m", "mock_bank"]
    up = subprocess.run([*command, "up", "--dir", str(folder)], capture_output=True, text=True, timeout=120, check=False)
    try:
        assert up.returncode == 0, up.stderr
        topology = Path(up.stdout.strip())
        url = read_topology(topology).supervisor.url
        headers = {"Authorization": "Bearer {secret.CONTROL}"}
        health = HealthCheck(url=f"{url}/state", headers=headers, healthy="$.healthy == true", reason="$.reason")
        yield Handles(topology_file=topology, health=health, world_secrets={"CONTROL": "control_token"})
    finally:
        subprocess.run([*command, "down", "--dir", str(folder)], capture_output=True, timeout=60, check=True)


@pytest.fixture(scope="module")
def watching(handles: Handles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchdogClient]:
    """One watchdog over it, which leaves no lease behind."""
    leases = tmp_path_factory.mktemp("home") / "leases"
    with WatchdogClient(handles, leases=leases) as watchdog:
        yield watchdog
    assert not list(leases.glob("*.json"))


@pytest.fixture
def watchdog(handles: Handles, watching: WatchdogClient) -> WatchdogClient:
    """The watchdog, once the world is whole."""
    wait(lambda: handles.probe_health().holds, "the world is whole", 30)
    return watching


def state(handles: Handles) -> dict[str, object]:
    """What the supervisor says."""
    world = handles.topology()
    found: dict[str, object] = json.loads(demand("GET", f"{world.supervisor.url}/state", headers=bearer(world.control_token)).body)
    return found


def primary(handles: Handles) -> str:
    """Who leads, dead or alive."""
    return next(database.name for database in handles.topology().databases if database.role == "primary")


def until(watchdog: WatchdogClient, wanted: FaultState) -> FaultStatus:
    """The latest fault, once it is in a state."""
    wait(lambda: watchdog.faults()[-1].state is wanted, f"the fault is {wanted}: {watchdog.faults()[-1]}", 30)
    return watchdog.faults()[-1]


@pytest.mark.parametrize("name", ["primary-kill", "primary-freeze"])
def test_a_lost_primary_is_replaced_and_rejoins_only_when_asked(name: str, handles: Handles, watchdog: WatchdogClient) -> None:
    """The other database leads, the old one stays away while it is held, and comes back as a synchronous standby after the undo."""
    old = handles.topology().one("database", role="primary")
    assert old.process is not None
    watchdog.inject(build_fault(name, {}), name)
    struck = until(watchdog, FaultState.EFFECTIVE)
    wait(lambda: primary(handles) != old.name, "the other database leads")
    wait(lambda: not old.process or not old.process.alive, "the old primary is fenced")
    assert state(handles)["standby"] is None
    watchdog.undo(struck.lease)
    healed = until(watchdog, FaultState.HEALED)
    assert healed.evidence == "the target is whole"
    assert (state(handles)["standby"], state(handles)["synchronous"]) == (old.name, True)


def test_a_frozen_standby_is_woken_as_the_same_process(handles: Handles, watchdog: WatchdogClient) -> None:
    """All its processes stop and go on."""
    standby = handles.topology().one("database", role="standby").process
    assert standby is not None
    watchdog.inject(build_fault("process-freeze", {"part": "database", "role": "standby"}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert all(process.stopped for process in standby.tree())
    watchdog.undo(struck.lease)
    until(watchdog, FaultState.HEALED)
    assert standby.alive
    assert not any(process.stopped for process in standby.tree())


@pytest.mark.parametrize("service", ["bank", "campaign"])
def test_a_killed_node_is_started_again(service: str, handles: Handles, watchdog: WatchdogClient) -> None:
    """Another process serves under its name."""
    old = handles.topology().one("node", role=service, datacentre="A")
    watchdog.inject(build_fault("process-kill", {"role": service, "datacentre": "A"}), "node-kill")
    watchdog.undo(until(watchdog, FaultState.EFFECTIVE).lease)
    until(watchdog, FaultState.HEALED)
    assert handles.topology().one("node", name=old.name).pid != old.pid


@pytest.mark.parametrize("link", ["campaign-a.bank", "campaign-a.db", "a-b.replication"])
def test_a_slow_link_is_measured_to_be_slow(link: str, handles: Handles, watchdog: WatchdogClient) -> None:
    """The same probe works towards an HTTP service and towards a database."""
    if link == "a-b.replication" and primary(handles) != "db-a":
        link = "b-a.replication"
    watchdog.inject(build_fault("link-toxic", {"link": link, "latency_ms": 150}))
    watchdog.undo(until(watchdog, FaultState.EFFECTIVE).lease)
    until(watchdog, FaultState.HEALED)
