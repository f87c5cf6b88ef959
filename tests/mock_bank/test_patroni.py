"""A world that Patroni leads, without a world: its files, its agents' answers, what is told of them, and what is said without it."""

import asyncio
import json
import re
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from world_lab import command

from mock_bank.layout.folders import layout
from mock_bank.layout.settings import Settings
from mock_bank.layout.topology import Addresses, Credentials, Frontend, Plan, Upstream, plan_world
from mock_bank.network.gateway import configuration, find_haproxy
from mock_bank.patroni.answers import ClusterView, agreed, read_cluster
from mock_bank.patroni.configuration import PatroniFiles
from mock_bank.patroni.leadership import PatroniLeadership
from mock_bank.patroni.runtime import Runtime, find_patroni
from mock_bank.postgres.binaries import Postgres
from mock_bank.postgres.silence import ServerStatus
from mock_bank.processes.system_user import SystemUser

LEADER = {"name": "db-a", "role": "leader", "state": "running", "timeline": 3}
STANDBY = {"name": "db-b", "role": "sync_standby", "state": "streaming", "timeline": 3}


def plan(tmp_path: Path) -> Plan:
    """A world's plan, its databases' files below the test's folder."""
    return plan_world(layout(tmp_path, SystemUser(0, 0).uid), Addresses({"A": "127.0.1.1", "B": "127.0.2.1"}, list(range(20_000, 20_039))))


def files(tmp_path: Path, **settings: str) -> PatroniFiles:
    """Patroni's files of that world."""
    me = SystemUser(tmp_path.stat().st_uid, tmp_path.stat().st_gid)
    postgres = Postgres(Path("/pg/bin"), 18, "PostgreSQL 18", me)
    return PatroniFiles(plan(tmp_path), Settings(str(tmp_path), failover="patroni", **settings), Credentials.new(), postgres)  # type: ignore[arg-type]


# Its files.


def test_each_voter_knows_the_other_two_and_all_addresses_are_loopback(tmp_path: Path) -> None:
    """Three voters, one in each centre and one in neither; whatever listens does on 127/8."""
    made = files(tmp_path)
    told = [*(made.of_agent(agent) for agent in made.plan.agents), made.of_witness()]
    own = {one["raft"]["self_addr"] for one in told}
    assert len(own) == 3
    for one in told:
        assert {one["raft"]["self_addr"], *one["raft"]["partner_addrs"]} == own
    addresses = re.findall(r'"([0-9a-z.:]+:\d+)"', json.dumps(told))
    assert len(addresses) >= 17
    assert all(address.startswith("127.") for address in addresses), addresses


def test_standby_reaches_its_leader_by_the_link_that_drills_break(tmp_path: Path) -> None:
    """Where it is said to be is the replication link, where it listens is its own; and its first copy waits for no slow checkpoint."""
    made = files(tmp_path)
    for agent, database in zip(made.plan.agents, made.plan.databases, strict=True):
        told = made.of_agent(agent)["postgresql"]
        host, port = made.plan.replication()[database.name]
        assert told["connect_address"] == f"{host}:{port}" != told["listen"] == f"{database.host}:{database.port}"
        assert told["basebackup"] == {"checkpoint": "fast"}


@pytest.mark.parametrize(("durability", "synchronous"), [("sync", True), ("async", False)])
def test_rules_are_as_the_world_was_asked_for_and_patroni_allows_them(tmp_path: Path, durability: str, *, synchronous: bool) -> None:
    """Its own limits: ttl of 20 s at least, loop_wait + 2 × retry_timeout at most ttl; or it would change them in silence."""
    rules = files(tmp_path, durability=durability).rules()
    assert rules["synchronous_mode"] is synchronous
    assert rules["ttl"] >= 20
    assert rules["loop_wait"] >= 1
    assert rules["retry_timeout"] >= 3
    assert rules["loop_wait"] + 2 * rules["retry_timeout"] <= rules["ttl"]
    assert rules["postgresql"]["parameters"]["wal_log_hints"] == "on"  # pg_rewind wants it


def test_secrets_stand_in_files_that_only_their_owner_reads(tmp_path: Path) -> None:
    """And in no command."""
    made = files(tmp_path)
    made.plan.databases[0].data.parent.mkdir(parents=True, exist_ok=True)
    made.write()
    for name in ("patroni-a", "patroni-b", "patroni-witness"):
        path = Path(made.path(name))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert made.credentials.secret in path.read_text()
        assert made.credentials.secret not in " ".join(Runtime(Path("python")).argv("patroni.__main__", str(path)))


def test_gateway_asks_the_agents_who_leads_and_haproxy_takes_its_file(tmp_path: Path) -> None:
    """Nobody has to tell it: no database of it starts disabled."""
    world = plan(tmp_path)
    database = Frontend("db", "127.0.0.1", 20_100, [Upstream(p.name, p.host, p.port) for p in world.databases])
    text = configuration(tmp_path / "s", [], database, {agent.database: agent.api for agent in world.agents})
    assert "uri /primary" in text
    for agent in world.agents:
        assert re.search(rf"server {agent.database} \S+ check addr {agent.host} port {agent.port}\n", text)
    assert "disabled" not in text
    config = tmp_path / "haproxy.cfg"
    config.write_text(text)
    done = subprocess.run([find_haproxy(), "-c", "-f", str(config)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


# Its agents' answers.


@pytest.mark.parametrize(
    ("members", "view"),
    [
        ([LEADER, STANDBY], ClusterView("db-a", "db-b", synchronous=True, timeline=3)),
        ([LEADER, STANDBY | {"role": "replica"}], ClusterView("db-a", "db-b", synchronous=False, timeline=3)),
        ([LEADER, STANDBY | {"state": "starting"}], ClusterView("db-a", None, synchronous=False, timeline=3)),
        ([LEADER | {"state": "stopped"}, STANDBY], ClusterView(None, "db-b", synchronous=True, timeline=0)),
        ([LEADER, LEADER | {"name": "db-b"}], ClusterView(None, None, synchronous=False, timeline=3)),
        ([LEADER | {"role": "replica", "state": "crashed"}], ClusterView(None, None, synchronous=False, timeline=0)),
        ([], ClusterView(None, None, synchronous=False, timeline=0)),
    ],
    ids=["whole", "asynchronous", "starting", "leader-stopped", "two-leaders", "crashed", "nobody"],
)
def test_cluster_is_read_as_its_agent_tells_it(members: list[dict], view: ClusterView) -> None:
    """Two who say that they lead are nobody, and so is one that does not run."""
    assert read_cluster({"members": members, "scope": "bank"}) == view


@pytest.mark.parametrize("told", [None, [], "", {}, {"members": "x"}, {"members": [1, None]}])
def test_answer_that_is_not_understood_is_nobodys_word(told: object) -> None:
    """It raises nothing."""
    assert read_cluster(told) == ClusterView(None, None, synchronous=False, timeline=0)


def test_agent_of_a_later_timeline_knows_better() -> None:
    """One that is cut off goes on saying what it knew."""
    old, new = ClusterView("db-a", None, synchronous=False, timeline=1), ClusterView("db-b", None, synchronous=False, timeline=2)
    assert agreed([old, new]) == agreed([new, old]) == new
    assert agreed([]) is None


# What is told of it.


@dataclass
class FakeServer:
    """What is looked at of a server."""

    name: str
    alive: bool = True
    writer: bool = False
    status: ServerStatus | None = None


@dataclass
class Heard:
    """Takes events."""

    kinds: list[tuple[str, object]] = field(default_factory=list)

    def add(self, kind: str, **detail: object) -> None:
        """Notes kind and database."""
        self.kinds.append((kind, detail.get("database")))


WELL = ServerStatus(recovering=False, streaming=True, synchronous=True, written=1, flushed=1, reply_age_s=0.1)
ALONE = ServerStatus(recovering=False, streaming=False, synchronous=False, written=1, flushed=0, reply_age_s=9.0)
BOTH_A = ClusterView("db-a", "db-b", synchronous=True, timeline=1)
BOTH_B = ClusterView("db-b", "db-a", synchronous=True, timeline=2)


def test_a_failover_of_patronis_is_told_in_its_order_and_once(tmp_path: Path) -> None:
    """Whole; the leader dies; nobody holds the key; the other one leads alone; both are synchronous again."""

    async def look() -> tuple[list[tuple[str, object]], list[str | None]]:
        heard, a, b = Heard(), FakeServer("db-a", writer=True, status=WELL), FakeServer("db-b")
        watch = PatroniLeadership(
            plan(tmp_path).agents,
            [a, b],
            {},
            durability="sync",
            token="",
            events=heard,
            changed=lambda: None,  # type: ignore[list-item]
        )
        whys: list[str | None] = []

        def take(view: ClusterView | None) -> None:
            for _ in range(3):
                watch._take(view)
            whys.append(watch.why_unhealthy())

        take(BOTH_A)
        a.alive, a.writer, a.status = False, False, None
        take(ClusterView(None, "db-b", synchronous=True, timeline=0))
        b.writer, b.status = True, ALONE
        take(ClusterView("db-b", None, synchronous=False, timeline=2))
        a.alive, b.status = True, WELL
        take(BOTH_B)
        await watch.close()
        return heard.kinds, whys

    kinds, whys = asyncio.run(look())
    assert kinds == [
        ("promoted", "db-a"),
        ("degraded", "db-a"),
        ("rejoined", "db-b"),
        ("synchronous", "db-b"),
        ("detected", "db-a"),
        ("promoting", "db-b"),
        ("promoted", "db-b"),
        ("degraded", "db-b"),
        ("rejoined", "db-a"),
        ("synchronous", "db-a"),
    ]
    assert whys == [None, "writers: none, the leader's key: nobody", "db-a does not follow db-b", None]


def test_former_leader_that_still_writes_is_no_healthy_world(tmp_path: Path) -> None:
    """Two writers are named, whoever holds the key."""

    async def look() -> str | None:
        a, b = FakeServer("db-a", writer=True), FakeServer("db-b", writer=True, status=WELL)
        watch = PatroniLeadership(
            plan(tmp_path).agents,
            [a, b],
            {},
            durability="sync",
            token="",
            events=Heard(),
            changed=lambda: None,  # type: ignore[list-item]
        )
        watch._take(BOTH_B)
        await watch.close()
        return watch.why_unhealthy()

    assert asyncio.run(look()) == "writers: db-a, db-b, the leader's key: db-b"


# Without it.


def test_world_without_patroni_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, and 64: it is the machine that lacks something."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Exception, match=r"no Patroni: patroni, pysyncobj, psycopg are not installed; install the extra with: uv sync"):
        find_patroni(SystemUser(0, 0))


def test_world_has_no_other_failover() -> None:
    """What a target's file may ask of its world is one of two."""
    done = command("up", "--switch", "failover=pacemaker")
    assert done.returncode == 64
    assert "failover" in done.stderr
    assert "patroni" in done.stderr
