"""A world that goes on although its supervisor, its gateway or its link proxy stops, and that obeys nobody without its token."""

import contextlib
import signal
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests
from world_lab import World, bearer, freeze, kill, running, until, world


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for this file: each test leaves it healthy."""
    with world(tmp_path_factory.mktemp("kept") / "world") as up:
        yield up


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_dead_or_frozen_supervisor_is_replaced_and_its_parts_are_taken_over(bank: World, how: str) -> None:
    """No part is restarted, no event is lost, the term is the same; and the new one fails over as the first would have."""
    bank.healthy()
    if how == "kill":
        bank.scale("campaign-a2", "out")
    since, old, parts = bank.last_seq(), bank.topology()["supervisor"], bank.pids()
    if how == "kill":
        kill(old["pid"])
    else:
        psutil.Process(old["pid"]).suspend()
    until(lambda: bank.topology()["supervisor"]["pid"] != old["pid"], "another supervisor", 20)
    until(bank.answers, "its API")
    kinds = [e["kind"] for e in bank.events(since)]
    assert kinds[:2] == ["supervisor-died", "supervisor-back"]
    assert not running(old["pid"])
    assert not {"part-died", "detected"} & set(kinds)
    bank.healthy()
    assert bank.pids() == parts
    if how == "kill":
        assert bank.state()["nodes"]["campaign-a2"]["serving"]
        bank.scale("campaign-a2", "in")
    kill(bank.database("primary")["pid"])
    bank.event("promoted", since)
    bank.post("/rejoin")
    bank.healthy()


def test_node_that_leaves_has_answered_everybody_and_one_that_comes_is_there_wholly(bank: World) -> None:
    """Who is being served by a node that is to leave gets his answer, after which it ends; the last node does not leave."""
    bank.healthy()
    (near, far), proxies, pid, since = (
        [gateway["campaign"] for gateway in bank.topology()["gateways"]],
        f"{bank.topology()['proxy_api']}/proxies/campaign-b.db/toxics",
        bank.part("campaign-b")["pid"],
        bank.last_seq(),
    )
    slow = {"type": "latency", "name": "slow", "attributes": {"latency": 400}}
    requests.post(proxies, json=slow, headers=bearer(bank.topology()), timeout=5).raise_for_status()
    with ThreadPoolExecutor(4) as customers:
        asked = [customers.submit(requests.get, f"{service}/ready", timeout=20) for service in (far, far, near, near)]
        until(lambda: sum(one.done() for one in asked) >= 2, "the quick ones are answered")
        bank.scale("campaign-b", "in")
        assert [one.done() for one in asked] == [True] * 4
    requests.delete(f"{proxies}/slow", headers=bearer(bank.topology()), timeout=5).raise_for_status()
    answers = [one.result() for one in asked]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert "campaign-b" in {answer.headers["X-Node"] for answer in answers}
    assert [event["kind"] for event in bank.events(since)] == ["draining", "scaled-in"]
    assert not running(pid)
    refused = bank.ask("POST", "/nodes/campaign-a/scale-in")
    assert (refused.status_code, refused.json()["error"]) == (409, "campaign-a is the last node of its service")
    assert bank.state()["healthy"]
    bank.scale("campaign-b", "out")
    assert bank.sql("SELECT count(*) AS there FROM pg_stat_activity WHERE application_name = 'campaign-b'")[0]["there"] == 8
    bank.healthy()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "/nodes/bank-a/scale-in", None, 404, "there is no node bank-a that could come or go; there are campaign-a, campaign-b, "),
        ("POST", "/nodes/nobody/start", None, 404, "there is no node nobody; there are "),
        ("PUT", "/autoscaler", {"on": "yes"}, 400, "the body must be "),
        ("PUT", "/autoscaler", {"on": True, "limits": {"at_once": 0}}, 400, "a node's limit at_once cannot be 0; "),
    ],
)
def test_orders_that_cannot_be_are_refused_by_the_one_who_scales(
    bank: World, method: str, path: str, body: object, status: int, sentence: str
) -> None:
    """One sentence each, and nothing is done."""
    since = bank.last_seq()
    answer = bank.ask(method, path, json=body)
    assert (answer.status_code, answer.json()["error"][: len(sentence)]) == (status, sentence)
    assert bank.last_seq() == since


def test_supervisor_killed_in_mid_failover_is_followed_by_one_that_finishes_it(bank: World) -> None:
    """Whatever had been decided holds: there is one writer, and the old primary comes back as the standby."""
    bank.healthy()
    since, primary = bank.last_seq(), bank.database("primary")
    kill(primary["pid"])
    bank.event("detected", since)
    kill(bank.topology()["supervisor"]["pid"])
    until(lambda: bank.answers() and any(e["kind"] == "supervisor-back" for e in bank.events(since)), "another supervisor")
    bank.post("/rejoin")
    assert bank.healthy()["writers"] == 1
    assert bank.sql("SELECT pg_is_in_recovery() AS standby")[0]["standby"] is False


@pytest.mark.parametrize("name", ["gateway-a", "links", "suppliers"])
def test_frozen_gateway_link_proxy_or_supplier_is_replaced(bank: World, name: str) -> None:
    """It is noticed by its silence, ended, and started at the same addresses."""
    bank.healthy()
    since = bank.last_seq()
    topology = bank.topology()
    pid = {"links": topology["links_process"], "suppliers": topology["suppliers"]}.get(name, topology["gateways"][0])["pid"]
    freeze(pid)
    assert bank.event("part-frozen", since)["part"] == name
    bank.event("part-started", since)
    assert not running(pid)
    bank.healthy()
    assert bank.sql("SELECT 1 AS one")[0]["one"] == 1


def test_centre_that_is_lost_stays_lost_while_it_is_held_and_returns_as_a_standby(bank: World) -> None:
    """Its gateway, nodes and database; customers of the other centre are served meanwhile, by one writer."""
    bank.healthy()
    since, primary = bank.last_seq(), bank.database("primary")
    topology = bank.topology()
    lost = [part for kind in ("gateways", "nodes", "databases") for part in topology[kind] if part["datacentre"] == primary["datacentre"]]
    lost = [part for part in lost if part["pid"]]  # a spare place has nobody in it
    other = next(part for part in topology["gateways"] if part not in lost)
    bank.post("/hold", seconds=60, centres=True)
    for part in lost:
        kill(part["pid"])
    bank.event("promoted", since)
    until(lambda: requests.get(f"{other['bank']}/ready", timeout=5).status_code == 200, "the other centre serves")
    bank.event("degraded", since)
    names = {part["name"] for part in lost}
    assert not names & {event.get("part") for event in bank.events(since) if event["kind"] == "part-starting"}
    bank.post("/rejoin")
    assert bank.healthy()["writers"] == 1
    assert names - {primary["name"]} == {event["part"] for event in bank.events(since) if event["kind"] == "part-started"}


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}])
def test_whoever_steers_the_world_must_show_its_token(bank: World, shown: dict[str, str]) -> None:
    """401 for everything that the supervisor, the link proxy and the suppliers can do; it stands only where its owner can read it."""
    topology = bank.topology()
    supervisor, links, suppliers = topology["supervisor"]["url"], topology["proxy_api"], topology["suppliers"]["url"]
    reads = [
        f"{supervisor}/state",
        f"{supervisor}/events",
        f"{supervisor}/autoscaler",
        f"{links}/proxies",
        f"{links}/version",
        f"{suppliers}/dials",
        f"{suppliers}/calls",
    ]
    orders = [
        f"{supervisor}/hold",
        f"{supervisor}/rejoin",
        f"{supervisor}/nodes/bank-a/start",
        f"{supervisor}/nodes/campaign-b/scale-in",
        f"{links}/reset",
        f"{links}/populate",
        f"{suppliers}/sentiment",
        f"{suppliers}/risk",
    ]
    assert {requests.get(url, headers=shown, timeout=5).status_code for url in reads} == {401}
    assert {requests.post(url, headers=shown, timeout=5).status_code for url in orders} == {401}
    assert requests.get(f"{links}/version", headers=bearer(topology), timeout=5).status_code == 200


def test_nothing_of_the_world_can_be_read_by_others(bank: World) -> None:
    """Its folder is closed, every file in it is private, whatever the umask of whoever has started it."""
    assert stat.S_IMODE(bank.folder.stat().st_mode) == 0o700
    data = Path(bank.topology()["databases"][0]["data_dir"]).parent
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    open_to_others = [path for path in bank.folder.rglob("*") if path.lstat().st_mode & 0o077 and not path.is_relative_to(data)]
    assert open_to_others == []


def test_no_password_stands_in_an_argument(bank: World) -> None:
    """Not in any process's, while the old primary is rewound and the standby is copied, which may be over before anybody looks."""
    for _ in range(5):
        if "pg_rewind" in _seen_while_rejoining(bank):
            return
    raise AssertionError("nobody was seen to rewind")


def _seen_while_rejoining(bank: World) -> set[str]:
    """Names of all processes that began since the primary was killed and until it followed again; none of them shows a secret."""
    bank.healthy()
    secrets, before = _secrets(bank), set(psutil.pids())
    since, seen, told = bank.last_seq(), set[str](), list[str]()
    kill(bank.database("primary")["pid"])
    bank.event("promoted", since)
    bank.post("/rejoin")
    ends = time.monotonic() + 60
    while not any(e["kind"] == "rejoined" for e in bank.events(since)):
        assert time.monotonic() < ends, "it never rejoined"
        for pid in set(psutil.pids()) - before:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                line = " ".join(process.cmdline())
                seen.add(process.name())
                told += [line for secret in secrets if secret in line]
    assert told == []
    return seen


def _secrets(bank: World) -> list[str]:
    topology = bank.topology()
    passfile = Path(topology["databases"][0]["data_dir"]).with_name("passfile").read_text().strip()
    tokens = [topology["control_token"], topology["operator_token"], *topology["people"].values()]
    return [passfile.rpartition(":")[2], topology["database"]["password"], *tokens]


def test_world_that_loses_everything_at_once_comes_back(bank: World) -> None:
    """Both databases, the gateway and the supervisor are killed together, the standby first."""
    bank.healthy()
    bank.sql("CREATE TABLE IF NOT EXISTS kept (n int)")
    bank.sql("INSERT INTO kept VALUES (1)")
    for part in (bank.database("standby"), bank.part("gateway-a"), bank.topology()["supervisor"], bank.database("primary")):
        kill(part["pid"])
    until(bank.answers, "another supervisor")
    bank.post("/rejoin")
    assert bank.healthy()["writers"] == 1
    assert bank.sql("SELECT count(*) AS rows FROM kept")[0]["rows"] == 1


def test_double_fault_leaves_a_writer(bank: World) -> None:
    """The standby is killed, then the primary, then each restart of it: the failover outlives all of them.

    The primary only when the standby is known to be lost: of two that die at once the standby may be noticed last, and lead then.
    """
    bank.healthy()
    since, primary = bank.last_seq(), bank.database("primary")
    kill(bank.database("standby")["pid"])
    bank.event("standby-lost", since)
    kill(primary["pid"])
    killed = _killed_again(bank, primary["pid"])
    _killed_again(bank, killed)
    bank.event("restarted", since)
    bank.post("/rejoin")
    assert bank.healthy()["primary"] == primary["name"]


def test_two_that_die_at_once_leave_a_writer(bank: World) -> None:
    """Whichever of them is noticed first, and whoever leads then: one writer, and what was acknowledged is there."""
    bank.healthy()
    bank.sql("CREATE TABLE IF NOT EXISTS kept (n int)")
    since, rows = bank.last_seq(), bank.sql("SELECT count(*) AS rows FROM kept")[0]["rows"]
    bank.sql("INSERT INTO kept VALUES (1)")
    for database in bank.topology()["databases"]:
        kill(database["pid"])
    until(lambda: {"restarted", "promoted"} & {e["kind"] for e in bank.events(since)}, "a leader")
    bank.post("/rejoin")
    assert bank.healthy()["writers"] == 1
    assert bank.sql("SELECT count(*) AS rows FROM kept")[0]["rows"] == rows + 1


def _killed_again(bank: World, before: int) -> int:
    """The pid of whoever leads next, killed once it is another process than before."""

    def look() -> int | None:
        pid = bank.database("primary")["pid"]
        if pid and pid != before:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself since
                kill(pid)
                return pid
        return None

    return until(look, "it is started again")


def test_sigterm_ends_the_supervisor_and_another_follows(bank: World) -> None:
    """Only the first process is told to take the world down; a supervisor that ends by itself is missed, and everything comes back."""
    bank.healthy()
    old = bank.topology()["supervisor"]["pid"]
    psutil.Process(old).send_signal(signal.SIGTERM)
    until(lambda: bank.topology()["supervisor"]["pid"] != old and bank.answers(), "another supervisor")
    bank.healthy()
