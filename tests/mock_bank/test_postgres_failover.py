"""A world with synchronous replication loses its parts, and nothing that was acknowledged."""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable, Iterator

import asyncpg
import pytest
import requests
from world_lab import World, bearer, command, freeze, kill, running, thaw, until, world

FAULTS: dict[str, Callable[[int], object]] = {"kill": kill, "freeze": freeze, "shut down": lambda pid: os.kill(pid, signal.SIGTERM)}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for this file: each test leaves it healthy, with the roles as they come."""
    with world(tmp_path_factory.mktemp("sync") / "world", "--patience", "1.5", "--nonce", "n-1") as up:
        up.sql("CREATE TABLE acknowledged (n int PRIMARY KEY)")
        yield up


class Writer:
    """A client that inserts numbers, one commit each, and remembers which were acknowledged."""

    _start = itertools.count(0, 1_000_000)

    def __init__(self, bank: World) -> None:
        """Numbers of different writers never meet."""
        self.acknowledged: list[int] = []
        self._bank, self._numbers = bank, itertools.count(next(self._start))

    async def write(self, goal: int) -> None:
        """Insert until `goal` more are acknowledged, over as many connections as it takes."""
        goal += len(self.acknowledged)
        async with asyncio.timeout(30):
            while len(self.acknowledged) < goal:
                try:
                    await self._session(goal)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await asyncio.sleep(0.02)

    async def _session(self, goal: int) -> None:
        connection = await self._bank.connect()
        try:
            while len(self.acknowledged) < goal:
                number = next(self._numbers)
                await connection.execute("INSERT INTO acknowledged VALUES ($1)", number, timeout=5)
                self.acknowledged.append(number)
        finally:
            connection.terminate()

    def lost(self) -> set[int]:
        """What was acknowledged and is not there."""
        return set(self.acknowledged) - {row["n"] for row in self._bank.sql("SELECT n FROM acknowledged")}


@pytest.mark.parametrize("fault", ["kill", "freeze", "shut down"])
def test_lost_primary_costs_no_acknowledged_row_and_one_change_of_leader(bank: World, fault: str) -> None:
    """A lost primary is fenced, its standby promoted and reached through the same addresses; it rejoins when told to.

    So is one that is told to shut down, which waits for everybody to leave.
    """
    bank.healthy()
    old, since, writer = bank.database("primary"), bank.last_seq(), Writer(bank)
    bank.post("/hold", seconds=30)
    bank.post("/hold", seconds=60)  # on, which is no news

    async def drill() -> None:
        await writer.write(200)
        writing = asyncio.create_task(writer.write(400))
        await asyncio.to_thread(FAULTS[fault], old["pid"])
        await writing

    asyncio.run(drill())
    assert writer.lost() == set()
    kinds = [e["kind"] for e in bank.events(since)]
    assert kinds[:5] == ["hold", "detected", "fencing", "promoting", "promoted"]
    assert sorted(kinds[5:]) == ["degraded", "repointed", "repointed"], "each centre's gateway leads to the new one"
    assert not running(old["pid"]), "the fenced primary still runs"
    state = bank.state()
    assert (state["writers"], state["primary"], state["healthy"]) == (1, bank.database("primary")["name"], False)
    assert state["primary"] != old["name"]

    bank.post("/rejoin")
    assert bank.healthy()["synchronous"]
    kinds = [e["kind"] for e in bank.events(since)]
    assert kinds[8:] == ["hold-released", "rejoining", "rejoined", "synchronous"]
    assert writer.lost() == set()


def test_planned_switch_goes_over_and_back_and_costs_no_acknowledged_row(bank: World) -> None:
    """The leader ends itself, the other one leads, the former one follows at once without being asked for; the way back is the same."""
    usual, since, writer = bank.healthy()["primary"], bank.last_seq(), Writer(bank)
    asyncio.run(writer.write(50))
    for to in (bank.state()["standby"], usual):
        assert bank.ask("POST", "/switch", json={"to": to}).json() == {"to": to}
        until(lambda to=to: bank.state()["healthy"] and bank.state()["primary"] == to, f"{to} leads, and the other one follows")
        asyncio.run(writer.write(50))
    kinds = [event["kind"] for event in bank.events(since)]
    assert (kinds.count("switching"), kinds.count("promoted"), kinds.count("detected")) == (2, 2, 0)
    assert writer.lost() == set()
    assert bank.ask("POST", "/switch", json={"to": "db-c"}).json() == {"error": 'the body must be {"to": database}; there are db-a, db-b'}


def test_node_that_is_too_slow_is_taken_out_though_it_lives_and_put_back(bank: World) -> None:
    """Its way to the database takes two seconds; the gateway's own checks find nothing wrong with it. The others go on."""
    bank.healthy()
    since, api, headers = bank.last_seq(), bank.topology()["proxy_api"], bearer(bank.topology())
    link = f"{api}/proxies/bank-a.db/toxics"
    slow = {"name": "slow", "type": "latency", "attributes": {"latency": 2000}}
    assert requests.post(link, json=slow, headers=headers, timeout=5).status_code == 200
    assert bank.event("taken-out", since)["part"] == "bank-a"
    until(lambda: bank.state().get("reason") == "not serving: bank-a", "the world says that it does not serve")
    assert requests.delete(f"{link}/slow", headers=headers, timeout=5).status_code == 204
    assert bank.event("put-back", since)["part"] == "bank-a"
    bank.healthy()


def test_frozen_standby_makes_commits_wait_and_then_the_primary_goes_on_alone(bank: World) -> None:
    """Waiting ends with the event `degraded`, a decision about RPO; the standby that thaws becomes synchronous again."""
    bank.healthy()
    since, writer = bank.last_seq(), Writer(bank)
    frozen = freeze(bank.database("standby")["pid"])
    try:
        asyncio.run(writer.write(1))
        kinds = [e["kind"] for e in bank.events(since)]
        assert kinds == ["standby-lost", "degraded"], "a commit was acknowledged before the primary decided to go on alone"
        assert not bank.state()["synchronous"]
    finally:
        thaw(frozen)
    bank.event("synchronous", since)
    assert writer.lost() == set()


def test_cut_between_the_centres_is_told_and_heals(bank: World) -> None:
    """A black hole between primary and standby has one writer on its one side; when it is gone the standby is synchronous again."""
    bank.healthy()
    since, primary, api = bank.last_seq(), bank.database("primary")["name"], bank.topology()["proxy_api"]
    headers = bearer(bank.topology())
    link = f"{api}/proxies/{'a-b' if primary == 'db-a' else 'b-a'}.replication/toxics"
    for stream in ("upstream", "downstream"):
        made = requests.post(link, json={"type": "timeout", "stream": stream, "attributes": {"timeout": 0}}, headers=headers, timeout=5)
        assert made.status_code == 200
    assert bank.event("standby-lost", since)["cause"] == "cut off"
    bank.event("degraded", since)
    assert bank.state()["writers"] == 1
    for stream in ("upstream", "downstream"):
        assert requests.delete(f"{link}/timeout_{stream}", headers=headers, timeout=5).status_code == 204
    bank.event("synchronous", since)
    assert bank.healthy()["primary"] == primary


def test_gateway_that_was_frozen_during_the_failover_points_to_the_new_primary(bank: World) -> None:
    """Whoever did not take the order gets it again."""
    bank.healthy()
    since, frozen = bank.last_seq(), freeze(bank.part("gateway-a")["pid"])
    kill(bank.database("primary")["pid"])
    bank.event("promoted", since)
    thaw(frozen)
    bank.event("repointed", since)
    bank.post("/rejoin")
    bank.healthy()
    assert bank.sql("SELECT pg_is_in_recovery() AS standby")[0]["standby"] is False


def test_primary_that_dies_alone_is_restarted_in_place(bank: World) -> None:
    """A standby that was not synchronous at that moment is never promoted: it may lack what was acknowledged."""
    bank.healthy()
    since, writer, primary = bank.last_seq(), Writer(bank), bank.database("primary")
    frozen = freeze(bank.database("standby")["pid"])
    try:
        asyncio.run(writer.write(50))
        kill(primary["pid"])
        bank.event("restarted", since)
        asyncio.run(writer.write(50))
    finally:
        thaw(frozen)
    assert bank.healthy()["primary"] == primary["name"]
    assert writer.lost() == set()


@pytest.mark.parametrize("fault", ["kill", "shut down"])
def test_lost_standby_comes_back(bank: World, fault: str) -> None:
    """It is started again as it was, without a rewind, and commits wait for it again."""
    bank.healthy()
    since = bank.last_seq()
    FAULTS[fault](bank.database("standby")["pid"])
    assert bank.event("standby-lost", since)["cause"] == "dead"
    bank.post("/rejoin")
    bank.event("rejoined", since)
    bank.event("synchronous", since)
    bank.healthy()


@pytest.mark.parametrize("name", ["bank-a", "campaign-b", "gateway-b", "links"])
def test_killed_part_is_started_again(bank: World, name: str) -> None:
    """Nodes, the gateway and the link proxy come back by themselves, at the same addresses, with the same links and the same primary."""
    bank.healthy()
    since = bank.last_seq()
    pid = bank.topology()["links_process"]["pid"] if name == "links" else bank.part(name)["pid"]
    kill(pid)
    assert bank.event("part-died", since)["part"] == name
    if name in bank.state()["nodes"]:
        bank.post(f"/nodes/{name}/start")
    bank.event("part-started", since)
    bank.healthy()
    assert bank.sql("SELECT 1 AS one")[0]["one"] == 1


def test_two_faults_in_a_row_are_survived(bank: World) -> None:
    """Killing the new primary before the old one is back restarts it in place; the old one still rejoins."""
    bank.healthy()
    since, writer = bank.last_seq(), Writer(bank)
    bank.post("/hold", seconds=60)
    kill(bank.database("primary")["pid"])
    bank.event("degraded", since)
    asyncio.run(writer.write(20))
    kill(until(lambda: bank.database("primary")["pid"], "the new primary's pid"))
    bank.event("restarted", since)
    asyncio.run(writer.write(20))
    bank.post("/rejoin")
    bank.healthy()
    assert writer.lost() == set()


def test_second_world_in_the_same_folder_is_refused(bank: World) -> None:
    """One sentence, exit code 64, and the first world is unharmed."""
    second = command("up", "--dir", str(bank.folder))
    assert (second.returncode, second.stdout) == (64, "")
    assert "a world lives in" in second.stderr
    bank.healthy()


def test_supervisor_refuses_what_it_cannot_read(bank: World) -> None:
    """Answers of 400 and 404 in one sentence, never a stack trace."""
    assert bank.ask("POST", "/hold", data=b"{").status_code == 400
    assert bank.ask("POST", "/hold", json={"seconds": -1}).status_code == 400
    assert bank.ask("POST", "/nodes/nobody/start").status_code == 404
    assert bank.ask("GET", "/events", params={"since": "x"}).status_code == 400
