"""The faults of the drills on the embedded world: real PostgreSQL, real supervisor."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from chaos_support import wait

from chaos.errors import ChaosError, NoTarget
from chaos.handles.haproxy import Haproxy
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
        facts = json.loads(topology.read_bytes())
        sql = [f"postgresql://{gateway['db']}/postgres?user={facts['database']['user']}&secret=PASSWORD" for gateway in facts["gateways"]]
        yield Handles(
            topology_file=topology,
            health=health,
            world_secrets={"CONTROL": "control_token", "PASSWORD": "database.password", "STORMDRILL_OPERATOR_TOKEN": "operator_token"},
            others={
                "haproxy": tuple(gateway["socket"] for gateway in facts["gateways"]),
                "postgresql": tuple(sql),
                "internal-calls": tuple(gateway["bank"] for gateway in facts["gateways"]),
            },
        )
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


@pytest.mark.usefixtures("watchdog")
def test_whoever_watches_the_primary_is_killed_before_it(handles: Handles) -> None:
    """The very process that answers as the supervisor, and then every process of the primary; nothing is killed to find out."""
    topology = handles.topology()
    target = build_fault("unwatched-primary-kill", {}).find_target(handles)
    watcher, *others = (victim.process for victim in target.processes)
    assert watcher == topology.supervisor.process
    assert others == topology.processes_of(topology.one("database", role="primary"))
    assert target.part == primary(handles)
    assert watcher.alive


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


def whole(handles: Handles) -> None:
    """Waits until it is: a node that a busy machine holds up for a second and a half is taken out for a while."""
    deadline = time.monotonic() + 60
    while not (health := handles.probe_health()).holds:
        assert time.monotonic() < deadline, health.evidence
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("fault", "node", "meanwhile"), [("node-scaled-out", "campaign-a2", "serving"), ("node-scaled-in", "campaign-b", "out")]
)
def test_a_node_comes_or_goes_by_order_and_all_is_as_before_afterwards(
    fault: str, node: str, meanwhile: str, handles: Handles, watchdog: WatchdogClient
) -> None:
    """The world is whole all the time, and an order that could not be taken back as ours is refused."""
    before = handles.supervisor().node_states()
    watchdog.inject(build_fault(fault, {"node": node}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert handles.supervisor().node_states() == before | {node: meanwhile}
    whole(handles)
    with pytest.raises(NoTarget, match=f"the node {node} is {meanwhile}; it must be {before[node]} before"):
        build_fault(fault, {"node": node}).find_target(handles)
    with pytest.raises(NoTarget, match="there is no node bank-a that could come or go; there are: campaign-a, "):
        build_fault(fault, {"node": "bank-a"}).check(handles)
    watchdog.undo(struck.lease)
    until(watchdog, FaultState.HEALED)
    assert handles.supervisor().node_states() == before


def test_the_autoscaler_is_turned_on_with_limits_and_is_as_before_afterwards(handles: Handles, watchdog: WatchdogClient) -> None:
    """It says so itself."""
    watchdog.inject(build_fault("autoscaling", {"at_once": 4, "queue": 2, "hold_ms": 50.0}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert handles.supervisor().autoscaler() == (True, {"at_once": 4.0, "queue": 2.0, "hold_ms": 50.0})
    watchdog.undo(struck.lease)
    until(watchdog, FaultState.HEALED)
    assert handles.supervisor().autoscaler() == (False, {})


@pytest.mark.parametrize("link", ["campaign-a.bank", "campaign-a.db", ""])
def test_a_slow_link_is_measured_to_be_slow(link: str, handles: Handles, watchdog: WatchdogClient) -> None:
    """The same probe works towards an HTTP service and towards a database; without a name it is the link of replication."""
    watchdog.inject(build_fault("link-toxic", {"link": link, "latency_ms": 150}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    used = {"db-a": "a-b.replication", "db-b": "b-a.replication"}[primary(handles)]
    assert struck.evidence.startswith(f"a probe through {link or used}: ")
    watchdog.undo(struck.lease)
    until(watchdog, FaultState.HEALED)


def test_the_bank_errs_toward_the_campaign_until_it_is_told_not_to(watchdog: WatchdogClient) -> None:
    """Seen by a call of our own; a dial that is turned already is left alone."""
    watchdog.inject(build_fault("internal-errors", {}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert struck.evidence == "an internal call of the bank: 500"
    with pytest.raises(ChaosError, match="100% of the bank's internal calls are answered by an error already"):
        watchdog.inject(build_fault("internal-errors", {}))
    watchdog.undo(struck.lease)
    assert until(watchdog, FaultState.HEALED).evidence == "an internal call of the bank: 200"


def test_a_server_that_the_gateway_takes_out_is_put_back(handles: Handles, watchdog: WatchdogClient) -> None:
    """By HAProxy's own word; one that is out already, or is not there, is left alone."""
    server = {"backend": "campaign", "server": "campaign-a"}
    watchdog.inject(build_fault("server-out", server))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert struck.evidence == "campaign/campaign-a: out of service"
    with pytest.raises(ChaosError, match="the server campaign/campaign-a is ordered out already"):
        watchdog.inject(build_fault("server-out", server))
    with pytest.raises(ChaosError, match="there is no server campaign/campaign-z; there are: campaign-a, campaign-b"):
        watchdog.inject(build_fault("server-out", server | {"server": "campaign-z"}))
    with pytest.raises(ChaosError, match="is no name of HAProxy's"):
        watchdog.inject(build_fault("server-out", server | {"server": "campaign-a; shutdown frontend db"}))
    watchdog.undo(struck.lease)
    until(watchdog, FaultState.HEALED)
    assert not handles.handle(Haproxy).server("campaign", "campaign-a").ordered


def test_a_planned_switch_is_effective_once_the_other_leads_and_undone_by_the_way_back(handles: Handles, watchdog: WatchdogClient) -> None:
    """No death, no detection; healed is when the former primary leads again and is followed."""
    usual, standby = primary(handles), handles.topology().one("database", role="standby").name
    watchdog.inject(build_fault("planned-switch", {}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert struck.evidence == f"{standby} leads"
    assert state(handles)["primary"] == standby
    watchdog.undo(struck.lease)
    assert until(watchdog, FaultState.HEALED).evidence == "the target is whole"
    assert (state(handles)["primary"], state(handles)["standby"]) == (usual, standby)


def test_a_database_lets_hardly_anybody_in_and_then_everybody_again(handles: Handles, watchdog: WatchdogClient) -> None:
    """The nodes fight for what is left, and have their connections back after the undo; a database that is not there is refused."""
    server = handles.postgresql()
    with pytest.raises(ChaosError, match="there is no database 'shop'"):
        watchdog.inject(build_fault("connection-limit", {"database": "shop"}))
    watchdog.inject(build_fault("connection-limit", {"database": "bank", "most": 2}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert len(server.sessions("bank")) <= 2
    with pytest.raises(ChaosError, match="the database bank has the limit 2 already"):
        watchdog.inject(build_fault("connection-limit", {"database": "bank", "most": 2}))
    watchdog.undo(struck.lease)
    until(watchdog, FaultState.HEALED)
    assert server.most_connections("bank") == -1
    wait(lambda: len(server.sessions()) > 20, "the nodes have their connections again", 30)


def test_commits_that_wait_for_the_standby_are_cancelled_and_where_none_waits_that_is_refused(
    handles: Handles, watchdog: WatchdogClient
) -> None:
    """With a frozen standby a change of our own waits, and is told to go on alone."""
    with pytest.raises(ChaosError, match="no commit has waited for the standby in 3 s"):
        watchdog.inject(build_fault("commits-cancel", {}))
    watchdog.inject(build_fault("process-freeze", {"part": "database", "role": "standby"}))
    frozen = until(watchdog, FaultState.EFFECTIVE)
    changing = Thread(target=handles.postgresql().limit_connections, args=("bank", -1))
    changing.start()
    watchdog.inject(build_fault("commits-cancel", {}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert struck.evidence == "0 of 1 waiting commits wait still"
    changing.join(5)
    assert not changing.is_alive(), "the commit waits still"
    for lease in (struck.lease, frozen.lease):
        watchdog.undo(lease)
    until(watchdog, FaultState.HEALED)


def test_the_services_own_role_may_slip_on_one_setting_and_no_other(handles: Handles, watchdog: WatchdogClient) -> None:
    """And takes it back to what it was."""
    watchdog.inject(build_fault("database-setting", {"setting": "default_transaction_read_only", "value": "on"}))
    watchdog.undo(until(watchdog, FaultState.EFFECTIVE).lease)
    until(watchdog, FaultState.HEALED)
    assert handles.postgresql().setting("default_transaction_read_only") == "off"
    with pytest.raises(ChaosError, match="permission denied to set parameter"):
        handles.postgresql().order("synchronous_commit", "off")


@pytest.fixture(scope="module")
def ruling(handles: Handles) -> Iterator[Handles]:
    """The same, and PostgreSQL as its owner, who may change settings; the password is the environment's."""
    passfile = Path(json.loads(Path(str(handles.topology_file)).read_bytes())["databases"][0]["data_dir"]).with_name("passfile")
    *_, user, password = passfile.read_text().strip().split(":")
    address = handles.others["postgresql"][0].partition("?")[0] + f"?user={user}&secret=OWNER"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OWNER", password)
        yield handles.model_copy(update={"secrets": ("OWNER",), "others": {"postgresql": address}})


@pytest.fixture(scope="module")
def ruler(ruling: Handles, watching: WatchdogClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchdogClient]:
    """A watchdog with these, once the world is whole."""
    wait(lambda: watching.alive() and ruling.probe_health().holds, "the world is whole", 30)
    with WatchdogClient(ruling, leases=tmp_path_factory.mktemp("ruler") / "leases") as watchdog:
        yield watchdog


@pytest.mark.parametrize("by_hand", [None, "17"])
def test_a_setting_is_changed_and_set_back_to_what_it_was(by_hand: str | None, ruling: Handles, ruler: WatchdogClient) -> None:
    """To the default where nobody had touched it, else to what was ordered; nothing is left in the server's own file."""
    server = ruling.postgresql()
    usual = server.setting("deadlock_timeout")
    if by_hand:
        server.order("deadlock_timeout", by_hand)
        wait(lambda: server.setting("deadlock_timeout") == by_hand, "it is set by hand")
    fault = build_fault("database-setting", {"setting": "deadlock_timeout", "value": "23"})
    ruler.inject(fault)
    struck = until(ruler, FaultState.EFFECTIVE)
    assert struck.evidence == f"deadlock_timeout is 23 (usually {by_hand or usual})"
    with pytest.raises(ChaosError, match="the setting deadlock_timeout is 23 already"):
        ruler.inject(fault)
    ruler.undo(struck.lease)
    until(ruler, FaultState.HEALED)
    assert (server.ordered("deadlock_timeout"), server.setting("deadlock_timeout")) == (by_hand, by_hand or usual)
    server.order("deadlock_timeout", None)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("max_connections", "5", "wants a restart"),
        ("no_such_thing", "1", "PostgreSQL has no setting 'no_such_thing'"),
        ("work_mem = 1; select 1", "1", "PostgreSQL has no setting 'work_mem = 1; select 1'"),
        ("deadlock_timeout", "1'; select 1 --", "invalid value for parameter"),
    ],
)
def test_a_setting_that_cannot_be_changed_is_left_alone(setting: str, value: str, message: str, ruler: WatchdogClient) -> None:
    """And no text becomes a command."""
    with pytest.raises(ChaosError, match=message):
        ruler.inject(build_fault("database-setting", {"setting": setting, "value": value}))


def test_sessions_are_ended_and_come_back(handles: Handles, watchdog: WatchdogClient) -> None:
    """Of all that were there none is left; the services connect anew, and the world is whole."""
    before = handles.postgresql().sessions()
    watchdog.inject(build_fault("sessions-end", {}))
    struck = until(watchdog, FaultState.EFFECTIVE)
    assert struck.evidence.startswith("0 of ")
    assert not before & handles.postgresql().sessions()
    watchdog.undo(struck.lease)
    until(watchdog, FaultState.HEALED)
