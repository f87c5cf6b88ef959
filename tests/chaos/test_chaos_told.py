"""What a target tells of itself is read where the interlock has let it pass, on whatever machine; what breaks it stays on this one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from urllib.parse import urlsplit

import pytest
from answering import JsonAnswers, answering
from chaos_plans import scenario
from chaos_support import StandIn, wait

from chaos import reach
from chaos.errors import ChaosError
from chaos.faults.admin_switch import AdminSwitch
from chaos.health import HealthCheck
from chaos.system_events import SystemCopier, system_copier
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.leftovers import heal
from chaos.watchdog.protocol import FaultState
from scenarios.errors import BadInput
from scenarios.run.events import EventWriter
from scenarios.run.folder import create_run
from scenarios.target.model import Target

FAR = "core.bank.example"
PINS = {FAR: ["127.0.0.1"], "127.0.0.1": ["127.0.0.1"]}


@dataclass
class Core:
    """What its service tells, and who has asked."""

    says: dict[str, object] = field(default_factory=lambda: {"state": "whole", "writers": 1, "told": []})
    leads_to: str = ""
    asked: list[str] = field(default_factory=list)


class Service(JsonAnswers):
    """Tells all of it at once, and may be turned."""

    core: Core

    def get(self) -> None:
        """As it stands, or where it would lead."""
        self.core.asked.append(f"{self.headers['Host']}{self.path}")
        if self.core.leads_to and self.path == "/health":
            self.say(302, {}, Location=self.core.leads_to)
        else:
            self.say(200, self.core.says)

    def post(self) -> None:
        """Turns it."""
        self.core.says["state"] = self.read_json()["turn"]
        self.say(200, {})


@pytest.fixture
def core() -> Core:
    """A core that is whole."""
    return Core()


@pytest.fixture
def base(core: Core) -> Iterator[str]:
    """Where it is, by a name that no name server knows: the pins alone lead to it."""
    with answering(Service, core=core) as url:
        yield url.replace("127.0.0.1", FAR)


def near(base: str) -> str:
    """The same on this machine's loopback."""
    return base.replace(FAR, "127.0.0.1")


def far(base: str, **more: object) -> Target:
    """A target that is elsewhere, and whose admin interface a tunnel leads to."""
    turn = {way: {"method": "POST", "path": "/turn", "body": {"turn": way}} for way in ("whole", "broken")}
    switch = {"state": {"path": "/"}, "whole": "$.state == 'whole'", "broken": "$.state == 'broken'"}
    return Target.model_validate(
        {
            "name": "far",
            "describe": "d",
            "services": {"shop": {"base": base}},
            "operations": {"balance": {"service": "shop", "path": "/"}},
            "health": {"url": f"{base}/health", "healthy": "$.state == 'whole'", "writers": "$.writers"},
            "handles": {"http_admin": near(base)},
            "admin": {"outage": switch | {"inject": turn["broken"], "undo": turn["whole"]}},
        }
        | more
    )


def test_health_and_events_are_read_at_the_pinned_addresses(base: str, core: Core, tmp_path: Path) -> None:
    """Under the host's own name; after the way through a lease too."""
    core.says["told"] = [{"kind": "down", "monotonic_ns": 1, "seq": 1}]
    target = far(base, events={"url": f"{base}/events", "rows": "$.told", "kinds": {"down": "detected"}})
    handles = Handles.model_validate_json(Handles.of(target, {}, PINS).model_dump_json())
    assert handles.probe_health().holds, handles.probe_health().evidence
    claims = handles.claims()
    assert claims
    assert claims.writers == 1
    SystemCopier(target.events, {}, handles, EventWriter(tmp_path, "system", 0)).close()
    assert "system.detected" in (tmp_path / "system.jsonl").read_text()
    assert {urlsplit(f"//{asked}").hostname for asked in core.asked} == {FAR}


@pytest.mark.parametrize(
    ("pins", "says"),
    [
        ({}, f"this machine's loopback only, and '{FAR}' is elsewhere"),
        ({"127.0.0.1": ["127.0.0.1"]}, f"{FAR} is not among the hosts that were checked"),
    ],
)
def test_what_was_not_let_pass_is_not_read(base: str, core: Core, pins: dict[str, list[str]], says: str) -> None:
    """Nobody knows where else it would lead. It says so before the load, and does not call silence a wound."""
    seen = Handles.of(far(base), {}, pins).probe_health()
    assert (seen.holds, seen.answered) == (False, False)
    assert says in seen.evidence
    assert core.asked == []


def test_a_health_that_leads_elsewhere_is_not_followed(base: str, core: Core) -> None:
    """Not even to where one may go."""
    core.leads_to = f"{base}/else"
    seen = Handles.of(far(base), {}, PINS).probe_health()
    assert (seen.holds, seen.answered) == (False, True)
    assert [asked.partition("/")[2] for asked in core.asked] == ["health"]


@pytest.mark.parametrize("name", ["http_admin", "haproxy", "ssh", "postgresql", "kubectl", "proxy_api"])
def test_pins_let_no_fault_leave_this_machine(base: str, core: Core, name: str) -> None:
    """Whatever the operator allows for load."""
    place = urlsplit(base).netloc
    forms = {"haproxy": f"tcp://{place}", "ssh": f"ssh://{place}?user=drill", "postgresql": f"postgresql://{place}/postgres?user=drill"}
    target = far(base, handles={name: forms.get(name, base)}, admin={})
    with pytest.raises(ChaosError, match="loopback only"):
        Handles.of(target, {}, PINS).probe(name.replace("_", "-") if name != "proxy_api" else name)
    assert core.asked == []


def test_a_far_target_is_asked_before_the_load(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody may ask, nobody is told that it is not whole."""
    drills = scenario("admin-outage")
    reach.check_reach(drills, far(base), {}, PINS)
    monkeypatch.setattr(reach, "_WHOLE_S", 0.3)
    with pytest.raises(BadInput, match=r"^nothing is broken of a target that nobody can ask whether it is whole: .* elsewhere"):
        reach.check_reach(drills, far(base), {})


def test_the_watchdog_and_whoever_heals_after_it_ask_there_too(base: str, core: Core, leases: Path) -> None:
    """The health of a far target ends a fault, and a healing by the lease alone."""
    fault = AdminSwitch(switch="outage")
    with WatchdogClient(Handles.of(far(base), {}, PINS), leases=leases) as watchdog:
        lease = watchdog.inject(fault).lease
        watchdog.undo(lease)
        wait(lambda: watchdog.faults()[-1].state is FaultState.HEALED, "health is read", 30)
        watchdog.inject(fault)
        os.kill(watchdog.pid, SIGKILL)
    assert core.says["state"] == "broken"
    core.asked.clear()
    (healing,) = heal(leases)
    assert healing.healed, healing
    assert any(asked.startswith(FAR) for asked in core.asked)


@pytest.mark.parametrize(("health", "follows"), [({"writers": "$.writers"}, True), ({"lag_ms": "$.writers"}, True), ({}, False)])
def test_writers_and_lag_are_asked_of_a_target_without_events(base: str, tmp_path: Path, health: dict[str, str], *, follows: bool) -> None:
    """Where its file says how; where it says of nothing that it is told, nobody asks and nothing is written."""
    target = far(base, health={"url": f"{base}/health", "healthy": "$.state == 'whole'"} | health)
    run, plan = create_run(scenario("admin-outage"), target, seed=1, workers=1, out=tmp_path / "runs")
    copier = system_copier(run, plan, Handles.of(target, {}, PINS))
    assert (copier is not None) == follows
    if copier is not None:
        copier.start()
        wait(lambda: [event for event in run.events() if event.kind in ("system.writers", "system.lag")], "it is told")
        copier.close()


@pytest.mark.parametrize("writers", [True, False, None, "1", 1.5, {"a": 1}])
def test_what_is_no_number_claims_nothing(base: str, core: Core, writers: object) -> None:
    """And ends nobody who asks."""
    core.says["writers"] = writers
    claims = HealthCheck(url=f"{near(base)}/health", healthy="exists $.state", writers="$.writers").claims({})
    assert claims
    assert claims.writers is None


def test_events_of_any_shape_end_nobody_who_reads_them(base: str, core: Core, tmp_path: Path) -> None:
    """A kind or a number that is an object is one like any other; a time that no clock shows is none."""
    odd: list[object] = [{"kind": {"a": [1]}, "monotonic_ns": 5, "seq": {}}, {"kind": [], "monotonic_ns": -(2**63)}, [], None, "x"]
    core.says["told"] = [*odd, *odd, {"kind": "down", "monotonic_ns": 6, "seq": 1}]
    target = far(base, events={"url": f"{base}/events", "rows": "$.told", "kinds": {"down": "detected"}})
    SystemCopier(target.events, {}, Handles.of(target, {}, PINS), EventWriter(tmp_path, "system", 0)).close()
    kinds = [line.partition('"kind":"')[2].partition('"')[0] for line in (tmp_path / "system.jsonl").read_text().splitlines()]
    assert kinds == ["system.other", "system.detected", "writer.ended"]


@pytest.mark.parametrize(("writers", "count"), [("$.writers", 1), ("$.asked", 0), ("$.primary", None), ("$.nothing", None), (None, None)])
def test_writers_are_a_number_or_a_list_of_them(world: StandIn, writers: str | None, count: int | None) -> None:
    """Anything else tells nothing, as does a target that cannot be asked."""
    check = HealthCheck(url=f"{world.url}/state", healthy="$.healthy == true", writers=writers, lag_ms="$.lag_ms")
    claims = check.claims({})
    assert claims
    assert claims.writers == count
    gone = HealthCheck(url="http://127.0.0.1:9/state", healthy="$.healthy == true", writers=writers, lag_ms="$.lag_ms")
    assert gone.claims({}) is None


@pytest.mark.parametrize(("lag_ms", "claimed"), [("$.held", None), ("$.lag_ms", 0.7), ("$.primary", None), ("$.nothing", None)])
def test_a_lag_is_a_number_and_what_is_none_is_no_claim(world: StandIn, lag_ms: str, claimed: float | None) -> None:
    """Null where no standby follows, and whatever is no number."""
    claims = HealthCheck(url=f"{world.url}/state", healthy="$.healthy == true", lag_ms=lag_ms).claims({})
    assert claims
    assert (claims.tells_lag, claims.lag_ms) == (True, claimed)
    assert HealthCheck(url=f"{world.url}/state", healthy="$.healthy == true").claims({}) is None
