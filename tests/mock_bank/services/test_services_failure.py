"""What the services say when the database is slow, gone, back, or not sure."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from loopback import free_port
from services_world import Person, World, listens, new_key, together, wait_for

# One session locks, looks and ends: a statement gives up waiting for a lock sooner than a busy machine starts psql.
END_WHO_WAITS = """
    do $$ begin
        {lock};
        for try in 1 .. 2000 loop
            perform pg_stat_clear_snapshot(), pg_sleep(0.005);
            perform pg_terminate_backend(pid) from pg_stat_activity
            where wait_event_type = 'Lock' and application_name = 'bank-a' and {who};
            if found then return; end if;
        end loop;
        raise 'nobody waits';
    end $$"""
LOCK_THE_TABLE = "lock table bank.accounts in access exclusive mode"


def transfer(services: World, payer: Person, payee: Person, key: str, node: int = 0) -> tuple[int, str]:
    """Status and code of a transfer of one fen."""
    body = {"from_account": payer.account, "to_account": payee.account, "amount_fen": 1}
    status, envelope = payer.ask(services.banks[node], "POST", "/bank/v1/transfers", body, key)
    return status, envelope["code"]


def waiting_for_standby(services: World) -> str:
    """How many commits wait for a standby."""
    return services.database.sql("select count(*) from pg_stat_activity where wait_event = 'SyncRep'")


def set_standby(services: World, name: str) -> None:
    """Name the standby that every commit must wait for, or none."""
    services.database.sql(f"alter system set synchronous_standby_names = '{name}'")
    services.database.sql("select pg_reload_conf()")
    wait_for(lambda: services.database.sql("show synchronous_standby_names") == name, "the setting is in force")


def test_services_commit_whose_wait_for_the_standby_is_cancelled_is_unknown_not_success(services: World) -> None:
    """TXN_UNKNOWN; while the standby is away the replay is not "yes" either; once it is back, the replay tells the answer, once."""
    payer, payee = services.people(2)
    key = new_key()
    set_standby(services, "ghost")
    try:
        with ThreadPoolExecutor(1) as pool:
            for _ in range(2):  # the first attempt, then its replay, which must wait as well
                answer = pool.submit(transfer, services, payer, payee, key)
                wait_for(lambda: waiting_for_standby(services) == "1", "the commit waits")
                services.database.sql("select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
                assert answer.result(10) == (500, "TXN_UNKNOWN")
    finally:
        set_standby(services, "")
    assert transfer(services, payer, payee, key, node=1) == (200, "OK")
    found = [row["state"] for row in services.banks[0].read_back("/bank/v1/ops/transfers") if row["idempotency_key"] == key]
    assert found == ["SUCCESS"]


def test_services_commit_that_hangs_is_unknown_and_its_key_in_progress(services: World) -> None:
    """After the deadline TXN_UNKNOWN; the key stays in progress until the standby is back; then it is answered."""
    payer, payee = services.people(2)
    key = new_key()
    set_standby(services, "ghost")
    try:
        began_s = time.monotonic()
        assert transfer(services, payer, payee, key) == (500, "TXN_UNKNOWN")
        assert time.monotonic() - began_s > 2.5
        assert transfer(services, payer, payee, key, node=1) == (409, "IDEMPOTENCY_IN_PROGRESS")
    finally:
        set_standby(services, "")
    assert wait_for(lambda: transfer(services, payer, payee, key)[0] == 200, "the key is answered")


def while_its_backend_dies(services: World, asked: Callable[[], tuple[int, str]], lock: str, who: str = "true") -> tuple[int, str]:
    """The answer to a request whose statement waits for that lock when its connection is ended."""
    with ThreadPoolExecutor(2) as pool:
        killer = pool.submit(services.database.sql, END_WHO_WAITS.format(lock=lock, who=who))
        looks = "select count(*) from pg_stat_activity where query like '%nobody waits%' and wait_event = 'PgSleep'"
        wait_for(lambda: services.database.sql(looks) == "1", "the lock is held")
        answer = pool.submit(asked)
        killer.result(30)
        return answer.result(10)


def test_services_lost_connection_is_unknown_on_effects(services: World) -> None:
    """The backend dies under a running transfer: 500 TXN_UNKNOWN."""
    payer, payee = services.people(2)
    lock_row = f"perform from bank.accounts where account_id = '{payer.account}' for update"  # nobody else waits for this one
    answer = while_its_backend_dies(services, lambda: transfer(services, payer, payee, new_key()), lock_row)
    assert answer == (500, "TXN_UNKNOWN")
    assert wait_for(lambda: transfer(services, payer, payee, new_key())[0] == 200, "the bank is back")


def test_services_lost_connection_is_an_error_on_reads(services: World) -> None:
    """The backend dies under a running look at a balance: 500 SYSTEM_ERROR."""
    [person] = services.people(1)

    def balance() -> tuple[int, str]:
        status, envelope = person.ask(services.banks[0], "GET", f"/bank/v1/accounts/{person.account}")
        return status, envelope["code"]

    not_warming_up = "xact_start = query_start"  # that happens in transactions which began before their statements
    assert while_its_backend_dies(services, balance, LOCK_THE_TABLE, not_warming_up) == (500, "SYSTEM_ERROR")
    assert wait_for(lambda: balance()[0] == 200, "the bank is back")


def test_services_connections_that_died_idle_cost_nobody_anything(services: World) -> None:
    """All of a node's idle connections are ended: the next transfers are answered OK, never "unknown"."""
    payer, payee = services.people(2)
    mine = "from pg_stat_activity where application_name = 'bank-a'"
    wait_for(lambda: services.database.sql(f"select count(*) {mine}") == "8", "the pool is full")
    old = services.database.sql(f"select string_agg(pid::text, ',') {mine}")
    services.database.sql(f"select pg_terminate_backend(pid) {mine}")
    wait_for(lambda: services.database.sql(f"select count(*) {mine} and pid in ({old})") == "0", "they are gone")
    assert {transfer(services, payer, payee, new_key()) for _ in range(9)} == {(200, "OK")}


@contextmanager
def accounts_locked(services: World) -> Iterator[None]:
    """Somebody else holds the table of accounts meanwhile."""
    asleep = "from pg_stat_activity where wait_event = 'PgSleep'"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(services.database.sql, f"begin; {LOCK_THE_TABLE}; select pg_sleep(30)", check=False)
        try:
            wait_for(lambda: services.database.sql(f"select count(*) {asleep}") == "1", "the lock is held")
            yield
        finally:
            services.database.sql(f"select pg_terminate_backend(pid) {asleep}")


def test_services_lock_that_is_not_given_is_busy_not_unknown(services: World) -> None:
    """The database gives up waiting, so nothing was done: 503 SYSTEM_BUSY with Retry-After."""
    payer, payee = services.people(2)
    with accounts_locked(services):
        assert transfer(services, payer, payee, new_key()) == (503, "SYSTEM_BUSY")
    assert transfer(services, payer, payee, new_key()) == (200, "OK")


def test_services_overload_is_shed(services: World) -> None:
    """60 transfers at a locked table: pool, queue and database all have their bounds, so all get 503 with Retry-After; health answers."""
    payer, payee = services.people(2, balance_fen=10_000)
    url = services.banks[0].url + "/bank/v1/transfers"
    body = {"from_account": payer.account, "to_account": payee.account, "amount_fen": 1}

    def send() -> requests.Response:
        headers = {"Authorization": f"Bearer {payer.token}", "Idempotency-Key": new_key()}
        return requests.post(url, json=body, headers=headers, timeout=20)

    with accounts_locked(services):
        answers = together([send] * 60, threads=60)
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}
    assert requests.get(services.banks[0].url + "/health", timeout=2).json() == {"status": "up"}


def test_services_come_back_by_themselves_when_the_database_does(services: World) -> None:
    """Database killed: health stays up, effects are shed with 503, cheap reads go on, old or plain. Database back: effects go on."""
    payer, payee = services.people(2)
    name = services.campaign()
    bank, campaign = services.banks[0], services.campaigns[0]

    def exposed() -> tuple[int, list[str], bool]:
        status, envelope = campaign.call("GET", "/v1/exposure?slot=zone")
        return status, [item["id"] for item in envelope["data"]["items"]], envelope["data"]["stale"]

    wait_for(lambda: name in exposed()[1], "the campaign is shown")
    _, shown, stale = exposed()
    assert not stale
    assert campaign.call("GET", f"/v1/campaigns/{name}/zone")[0] == 200
    services.database.stop()
    try:
        assert wait_for(lambda: transfer(services, payer, payee, new_key()) == (503, "SYSTEM_BUSY"), "effects are shed")
        assert bank.call("GET", "/health")[0] == 200
        assert campaign.call("GET", f"/v1/campaigns/{name}/zone")[0] == 200
        assert campaign.call("GET", f"/v1/activities/a{name}/stock")[0] in {500, 503}
        assert wait_for(lambda: exposed()[2], "it says that its news is old")
        assert exposed() == (200, shown, True)
        status, envelope = payer.ask(campaign, "GET", "/v1/recommendations")
        assert (status, envelope["data"]["plain"]) == (200, True)
    finally:
        services.database.start()
    for node in range(2):
        wait_for(lambda node=node: transfer(services, payer, payee, new_key(), node)[0] == 200, "the bank is back")
    wait_for(lambda: payer.claim(campaign, f"a{name}")[1]["code"] in {"OK", "ALREADY_CLAIMED"}, "the campaign is back")


def test_services_new_node_without_a_database_shows_what_is_plain(services: World) -> None:
    """It has never heard of a campaign, and says so; what customers may like is the plain list."""
    (me,) = services.people(1)
    node = services.spawn("campaign", "lonely", "A", dsn=f"postgresql://postgres@127.0.0.1:{free_port()}/bank", warm_within_s=0.1)
    try:
        wait_for(lambda: listens(int(node.url.rpartition(":")[2])), "it answers")
        status, envelope = node.call("GET", "/v1/exposure?slot=carousel")
        assert (status, [item["id"] for item in envelope["data"]["items"]], envelope["data"]["stale"]) == (200, ["bank"], True)
        status, envelope = me.ask(node, "GET", "/v1/recommendations")
        assert (status, envelope["data"]) == (200, {"items": ["deposit", "money-fund", "credit-card"], "plain": True})
    finally:
        services.stop(node)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"port": 0}, "port"),
        ({"service": "casino"}, "service"),
        ({"surprise": 1}, "surprise"),
        (
            {"switches": {"allow_overselling": True}},
            "switches.allow_overselling: there is no such switch; there are: all_alike, allow_oversell, ",
        ),
        ({"switches": {"allow_oversell": True}, "for_tests": False}, "switches.allow_oversell: a defect"),
        ({"service": "campaign"}, "bank_url"),
    ],
)
def test_services_node_refuses_a_bad_configuration_in_one_sentence(services: World, change: dict[str, object], said: str) -> None:
    """Exit 64, one line, the file and the place."""
    done = services.run_node(services.banks[0], **change)
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert str(services.folder / "bad.json") in done.stderr
    assert said in done.stderr


def test_services_node_refuses_a_port_in_use(services: World) -> None:
    """It does not share another's port in silence."""
    done = services.run_node(services.banks[0])
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert "Address already in use" in done.stderr
