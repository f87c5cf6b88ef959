"""A node answers from when its connections are warm, and the warm-up leaves nothing behind."""

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import requests
from loopback import free_port
from services_world import OPERATOR, SECRET, World, wait_for

from mock_bank.services.install import install
from mock_bank.services.kit.config import NodeConfig
from mock_bank.services.kit.operation import Access
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.serving.assembly import operations
from mock_bank.services.serving.connection_pool import POOL_SIZE, ConnectionPool
from mock_bank.services.serving.http_app import HttpApp
from mock_bank.services.serving.warm_up import WarmUp

KILL = "select pg_terminate_backend(pid) from pg_stat_activity where application_name ="


def rows_of_all_tables(services: World) -> str:
    """How many there are in each."""
    names = services.database.sql("select format('%I.%I', schemaname, relname) from pg_stat_user_tables order by 1").split()
    return services.database.sql("select " + ", ".join(f"(select count(*) from {name})" for name in names))  # noqa: S608 - our own names


def quiet_rows(services: World) -> str:
    """The same, where it stays so for longer than a round of payouts or beacons takes; else empty."""
    first = rows_of_all_tables(services)
    time.sleep(1.5)
    return first if rows_of_all_tables(services) == first else ""


def config(services: World, service: str) -> NodeConfig:
    """A node's, on the tests' database."""
    told = {"name": f"{service}-x", "site": "A", "host": "127.0.0.1", "port": 1, "bank_url": "http://127.0.0.1:9", "log_dir": Path("/")}
    return NodeConfig(service=service, dsn=services.database.dsn, secret=SECRET, operator_token=OPERATOR, **told)


@pytest.mark.parametrize("service", ["bank", "campaign"])
def test_services_operation_has_a_sample_that_is_answered(services: World, service: str) -> None:
    """Whatever a customer can ask is asked once in the warm-up, to its success, and no row is there after it that was not before."""
    does = operations(service)
    without = [o.id for o in does if o.access in (Access.PUBLIC, Access.CUSTOMER) and not o.bare and not o.sample]
    assert without == []

    async def warmed_up() -> None:
        told = config(services, service)
        pool = ConnectionPool(told.dsn, {})
        node = ServiceNode(told, pool)
        connection = await asyncpg.connect(told.dsn)
        transaction = connection.transaction()
        await transaction.start()
        heard: list[str] = []
        connection.add_query_logger(lambda record: heard.append(record.query))
        await WarmUp(node, HttpApp(node, does), does)(Plain(connection))
        await transaction.rollback()
        await connection.close()
        assert len(heard) >= sum(o.sample is not None and o.effectful for o in does)

    before = wait_for(lambda: quiet_rows(services), "nothing is on its way any more from what others asked")
    asyncio.run(warmed_up())
    assert rows_of_all_tables(services) == before


def test_the_database_is_reached_without_a_look_into_the_home(services: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which may be closed to this user; here no folder can have such a name."""
    monkeypatch.setenv("HOME", f"/{'x' * 300}")

    async def reached() -> None:
        await install(services.database.dsn)
        pool = ConnectionPool(services.database.dsn, {})

        async def nothing(_transaction: object) -> None: ...

        pool.start(nothing)
        try:
            assert await pool.warmed(20)
        finally:
            await pool.close()

    asyncio.run(reached())


class Plain:
    """A connection's statements as they are."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        """Keep it."""
        self._connection = connection

    async def row(self, statement: str, *arguments: object) -> object:
        """The first row."""
        return await self._connection.fetchrow(statement, *arguments)

    async def rows(self, statement: str, *arguments: object) -> list[object]:
        """All rows."""
        return list(await self._connection.fetch(statement, *arguments))


def test_services_pool_warms_each_connection_once_and_new_ones_again(services: World) -> None:
    """All of them at the start; those that took the place of the dead afterwards."""
    name = "pool-x"

    async def lived() -> tuple[int, int]:
        pool = ConnectionPool(services.database.dsn, {"application_name": name})
        seen: list[object] = []

        async def warm_up(transaction: object) -> None:
            seen.append(await transaction.row("select pg_backend_pid()"))  # type: ignore[attr-defined]  # a Database

        pool.start(warm_up)
        try:
            assert await pool.warmed(20)
            first = len({tuple(row) for row in seen})  # type: ignore[arg-type,call-overload]  # a record
            await asyncio.to_thread(services.database.sql, f"{KILL} '{name}'")
            end_s = time.monotonic() + 20
            while not (len(seen) >= 2 * POOL_SIZE and await pool.warmed(0.1)):
                assert time.monotonic() < end_s, f"{len(seen)} warm-ups"
                await asyncio.sleep(0.01)
            return first, len(seen)
        finally:
            await pool.close()

    assert asyncio.run(lived()) == (POOL_SIZE, 2 * POOL_SIZE)


def test_services_warm_up_may_ask_two_things_at_once(services: World) -> None:
    """As an operation does that has a snapshot read in passing: one connection answers them one after the other."""

    async def lived() -> list[int]:
        pool = ConnectionPool(services.database.dsn, {})
        answers: list[int] = []

        async def warm_up(transaction: Any) -> None:
            both = await asyncio.gather(transaction.row("select 3 from pg_sleep(0.01)"), transaction.rows("select 4"))
            answers.extend((both[0][0], both[1][0][0]))

        pool.start(warm_up)
        try:
            assert await pool.warmed(20)
            return answers
        finally:
            await pool.close()

    assert asyncio.run(lived()) == [3, 4] * POOL_SIZE


def test_services_pool_lends_a_connection_that_could_not_be_warmed(services: World) -> None:
    """A warm-up that fails is logged; the node goes on with the connection as it is."""

    async def lived() -> object:
        pool = ConnectionPool(services.database.dsn, {})

        async def warm_up(transaction: object) -> None:
            await transaction.row("select no_such_column")  # type: ignore[attr-defined]  # a Database

        pool.start(warm_up)
        try:
            await pool.warmed(20)
            return (await pool.row("select 7"))[0]
        finally:
            await pool.close()

    assert asyncio.run(lived()) == 7


def test_services_node_without_a_database_answers_all_the_same(services: World) -> None:
    """It waits for warm connections only so long; health needs no database."""
    away = f"postgresql://postgres@127.0.0.1:{free_port()}/bank"
    node = services.spawn("bank", "lonely", "A", dsn=away)
    try:
        assert wait_for(lambda: status(node.url + "/health") == 200, "it is healthy")
        assert status(node.url + "/bank/v1/ops/ledger", X_Operator_Token=OPERATOR) == 503
    finally:
        assert services.stop(node) == 0


def test_services_node_that_is_told_to_end_while_it_warms_up_ends(services: World) -> None:
    """SIGTERM before it serves: exit 0."""
    away = f"postgresql://postgres@127.0.0.1:{free_port()}/bank"
    node = services.spawn("bank", "early", "A", dsn=away)
    log = services.folder / "early.log"
    wait_for(log.exists, "its log is there")
    assert services.stop(node) == 0
    assert re.search("Traceback", log.read_text()) is None


def status(url: str, **headers: str) -> int:
    """Of a GET; 0 where nobody answers."""
    try:
        return requests.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=5).status_code
    except requests.ConnectionError:
        return 0
