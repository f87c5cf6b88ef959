"""A service whose processes nobody can touch is drilled: through its own admin interface, and through a Toxiproxy that stands before it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml
from hosting import SECRETS, Hosted, hosted
from loopback import free_port

from chaos.errors import ChaosError, NoTarget, OutOfReach
from chaos.handles.switch import SwitchState
from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from scenarios.errors import BadInput
from scenarios.plan.operator_file import OPERATOR_VARIABLE
from scenarios.plugins import PROJECT
from scenarios.run.folder import create_run, open_run
from stormdrill.commands.steady_load import steady_scenario
from stormdrill.rehearsal.provisioning import provision

REAL = os.environ.get("TOXIPROXY") or shutil.which("toxiproxy-server")

DRILL = '''"""What the bank's own people would do: the accounts out of service, then the way to the service cut."""
from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.admin_switch import AdminSwitch
from chaos.faults.link_cut import LinkCut

class BothHands(Drill):
    """Two faults, neither of which touches a process."""
    facts = DrillFacts(
        domain="dependency", hypothesis="Both are felt, and over.", blast_radius="Lanting", access=("http-admin", "proxy_api")
    )
    def steps(self):
        return (FaultStep(AdminSwitch(switch="outage"), lasts_s=1.0), FaultStep(LinkCut(link="to lanting"), after_s=1.5, lasts_s=1.0))
'''

PLAN: dict[str, Any] = {
    "name": "two-hands",
    "describe": "A drill of a service that is reached by HTTP alone.",
    "population": {"customers": 200},
    "phases": [{"name": "steady", "lasts": "21 s", "arrivals": "10/s"}],
    "mix": {"ordinary-banking": 8, "idempotency-probe": 2},
    "pulse": {"operations": ["account.balance", "transfer.submit"], "rate": 30.0},
    "drills": [{"drill": "both-hands", "at": "11 s", "deadline": "7 s", "window": "2 s"}],
    "gates": ["rto of both-hands <= 7 s", "rpo of both-hands <= 0"],
    "trust": {"dispatch_lag_p99_ms": 1000, "stall_ms": 5000},
}


@contextmanager
def toxiproxy(upstream: str) -> Iterator[tuple[str, str]]:
    """A real one where there is one, else the link proxy, with a link to that address; gives its API's address and the link's."""
    port = str(free_port())
    ours = [sys.executable, "-m", "mock_bank.network.linkproxy", f"127.0.0.1:{port}"]
    command = [REAL, "-host", "127.0.0.1", "-port", port] if REAL else ours
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as process:
        try:
            api, until = f"http://127.0.0.1:{port}", time.monotonic() + 15
            while True:
                try:
                    made = requests.post(
                        f"{api}/proxies", json={"name": "to lanting", "listen": "127.0.0.1:0", "upstream": upstream}, timeout=5
                    )
                    break
                except requests.ConnectionError:
                    assert time.monotonic() < until, "no Toxiproxy within 15 s"
                    time.sleep(0.02)
            yield api, f"http://{made.json()['listen']}"
        finally:
            process.terminate()


@pytest.fixture
def drilled(tmp_path: Path) -> Iterator[Hosted]:
    """Lanting behind a link, in a folder of a user's own with the plan and its drill."""
    with hosted(tmp_path) as lanting, toxiproxy(urlsplit(lanting.url).netloc) as (api, link):
        text = lanting.target_text().replace(f'base: "{lanting.url}"', f'base: "{link}"')
        text = text.replace("handles: {", f'handles: {{proxy_api: "{api}", ')
        own = tmp_path / "own"
        for place, file in (
            ("scenarios/targets/lanting.yaml", text),
            ("scenarios/catalog/two-hands.yaml", yaml.safe_dump(PLAN)),
            ("chaos/drills/both_hands.py", DRILL),
        ):
            (own / place).parent.mkdir(parents=True)
            (own / place).write_text(file)
        lanting.operator(hosts=["127.0.0.1"])
        yield lanting


@pytest.mark.rehearsal
def test_a_foreign_service_is_drilled_through_its_admin_interface_and_a_toxiproxy(drilled: Hosted) -> None:
    """Both outages are felt, measured and over; nothing that was acknowledged is lost, and nothing is left broken."""
    told = drilled.call("run", "two-hands", "--target", "lanting", "--path", str(drilled.folder / "own"))
    assert told.returncode == 0, told.stdout + told.stderr
    folder = drilled.folder / "runs" / "latest"
    (recovery,) = json.loads((folder / "verdict.json").read_text())["recovery"]
    assert 2.5 <= recovery["rto_s"] <= 7, recovery
    assert recovery["rpo_operations"] == 0
    assert recovery["outage_equivalent_s"] > 1.2
    kinds = [event.kind for event in open_run(folder).events() if event.kind.startswith("fault.")]
    assert (kinds.count("fault.effective"), kinds.count("fault.healed")) == (2, 2)
    assert not {"fault.failed", "fault.without_effect", "fault.not_healed"} & set(kinds)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hosted, Handles]]:
    """Lanting, and the handles that its file gives."""
    with pytest.MonkeyPatch.context() as environment, hosted(tmp_path_factory.mktemp("watched")) as lanting:
        for name, value in SECRETS.items():
            environment.setenv(name, value)
        yield lanting, Handles.of(lanting.target(), {})


def test_what_an_admin_interface_broke_is_mended_by_the_watchdog(watched: tuple[Hosted, Handles], tmp_path: Path) -> None:
    """Also when nobody asks for it any more; its lease holds no secret, and a switch that is broken already is left alone."""
    _, handles = watched
    admin, leases = handles.http_admin(), tmp_path / "leases"
    fault = build_fault("admin-switch", {"switch": "outage"})
    with WatchdogClient(handles, leases=leases) as watchdog:
        watchdog.inject(fault)
        assert admin.state("outage") is SwitchState.BROKEN
        (lease,) = leases.glob("*.json")
        assert not any(value in lease.read_text() for value in SECRETS.values())
        with pytest.raises(ChaosError, match="the admin switch outage is broken before it is touched"):
            watchdog.inject(fault)
    assert admin.state("outage") is SwitchState.WHOLE
    assert not list(leases.glob("*.json"))


def test_an_admin_interface_that_says_no_is_out_of_reach(watched: tuple[Hosted, Handles], monkeypatch: pytest.MonkeyPatch) -> None:
    """By the target's own words for it, and by no other; what it answers is not repeated. So is one whose secret is not set."""
    lanting, handles = watched
    monkeypatch.setenv("LANTING_OPERATOR", "another")
    with pytest.raises(OutOfReach, match=rf"POST {lanting.url}/ops/accounts.do: HTTP 200, which is not as the target's file expects: \$"):
        handles.http_admin().inject("outage")
    with pytest.raises(NoTarget, match="the target maps no admin switch 'else'; there are: outage"):
        handles.http_admin().inject("else")
    monkeypatch.delenv("LANTING_SECRET")
    with pytest.raises(OutOfReach, match="signed with the secret LANTING_SECRET, which is not set"):
        handles.http_admin().undo("outage")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("handles: {http_admin:", "handles: {supervisor:", "its requests need an address"),
        ("path: /ops/accounts.do", "path: '/ops/{secret.LANTING_OPERATOR}'", "a secret never enters a URL"),
        ("headers: *operator, body: {turn: OUT}", "headers: {X: '{secret.NOBODY}'}, body: {}", "{secret.NOBODY} is none of the declared"),
    ],
    ids=["no address", "secret in the path", "unknown secret"],
)
def test_admin_requests_that_cannot_be_sent_are_refused_with_the_file(
    watched: tuple[Hosted, Handles], old: str, new: str, message: str
) -> None:
    """Before anything is started."""
    with pytest.raises(BadInput, match=re.escape(message)):
        watched[0].target((old, new))


def test_a_drill_that_cannot_reach_what_it_is_to_break_is_refused_before_the_load(
    watched: tuple[Hosted, Handles], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence, when the target is admitted and nobody is enrolled yet."""
    lanting, _ = watched
    monkeypatch.setenv(OPERATOR_VARIABLE, str(lanting.operator(hosts=["127.0.0.1"])))
    nobody = f"127.0.0.1:{free_port()}"
    target = lanting.target((f'http_admin: "{lanting.url}"', f'http_admin: "http://{nobody}"'))
    run, plan = create_run(steady_scenario("admin-outage"), target, seed=1, workers=1, out=tmp_path)
    told: list[str] = []
    with ExitStack() as stack, pytest.raises(BadInput) as refused:
        provision(run, plan, stack, told.append)
    assert str(refused.value).startswith(f"drill admin-outage cannot be: GET http://{nobody}: no connection")
    assert not [line for line in told if "enrolling" in line]


def test_a_health_elsewhere_is_asked_before_the_load_where_it_was_let_pass(
    watched: tuple[Hosted, Handles], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the address that its name had when the target was admitted; what it says there counts."""
    lanting, _ = watched
    monkeypatch.setenv(OPERATOR_VARIABLE, str(lanting.operator(hosts=["127.0.0.1", "core.bank.example"])))
    monkeypatch.setattr("chaos.reach._WHOLE_S", 0.3)
    looked_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: looked_up(host.replace("core.bank.example", "127.0.0.1"), *a, **k))
    url = lanting.url.replace("127.0.0.1", "core.bank.example")
    target = lanting.target(("\nsecrets:", f"\nhealth: {{url: '{url}/health', healthy: http == 299}}\nsecrets:"))
    run, plan = create_run(steady_scenario("admin-outage"), target, seed=1, workers=1, out=tmp_path)
    with ExitStack() as stack, pytest.raises(BadInput) as refused:
        provision(run, plan, stack, lambda _: None)
    assert str(refused.value) == f"nothing is broken of a target that is not whole before: HTTP 200 at {url}/health"
