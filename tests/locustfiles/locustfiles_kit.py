"""What the crowd's tests share: the small server as a process, a target that leads to it, runs, and the engine run by itself."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from locustfiles.crowd.workload import PreparedCrowd, prepare_crowd
from locustfiles.engine.clock_drift import ReadClock
from locustfiles.engine.engine import Engine, settle_memory
from locustfiles.engine.health_monitor import HealthMonitor
from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.run.handover import ProcessStage, read_state
from scenarios.target.model import Target

HERE = Path(__file__).parent
EVERYTHING_SAID = orjson.dumps({"code": "OK", "data": {"claim_id": "c-1", "amount_fen": 5000, "state": "GRANTED"}})
"""What an answer must say for a target of `target` to be understood."""
READS = [
    "exposure.carousel", "exposure.popup", "zone.get", "task.list", "rank.list", "stock.get", "campaign.get", "activity.token",
    "account.balance", "streak.get", "claim.status", "coupon.list", "transfer.status", "transfer.precheck", "session.create", "beacon.post",
]  # fmt: skip
EFFECTS = ["claim.submit", "transfer.submit", "coupon.redeem", "checkin.post", "redpacket.open", "payment.submit"]
FEW = {"phases": [{"name": "come", "lasts": 0.1, "arrivals": 100}, {"name": "stay", "lasts": 59, "arrivals": 0}]}
"""A few customers at once, for a test that stops the load with `stop_when_they_have_gone`."""
TOLD = ["token", "account", "activity_token", "claim_id", "coupon_code", "face_fen", "redpacket_id", "transfer_id", "state"]

_PREPARED: dict[Path, PreparedCrowd] = {}
"""Of run folders, until an engine takes it."""


@contextmanager
def hosting(*options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The small server as a process of its own; gives its base address, and the process."""
    command = [sys.executable, str(HERE / "locustfiles_server.py"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}", process
        finally:
            process.kill()


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The small server as a process of its own; gives its base address."""
    with hosting(*options) as (base, _process):
        yield base


def target(base: str, kind: str = "length", **changes: object) -> Target:
    """A target that speaks to the server; `kind` is how it answers, and `changes` are keys of single operations by name."""
    operations: dict[str, dict[str, object]] = {}
    for name in READS:
        operations[name] = {"service": "all", "path": f"/{kind}/{name}", "authorised": False}
    for name in EFFECTS:
        operations[name] = {
            "service": "all",
            "method": "POST",
            "path": f"/{kind}/{name}",
            "authorised": False,
            "body": {"sku": "{sku}", "customer": "{customer}"},
            "effect": {"business": f"{{customer}}:{name}", "id": "$.data.claim_id", "shown": "$.data.amount_fen"},
        }
    operations["session.create"] |= {"method": "POST", "body": {"phone": "{phone}", "device": "{device}"}}
    for name in ("session.create", "activity.token", "claim.submit", "checkin.post", "transfer.submit"):
        operations[name]["extract"] = {told: f"$.data.{told}" for told in TOLD}
    for name, change in changes.items():
        assert isinstance(change, dict)
        operations[name.replace("_", ".")] |= change
    return Target.model_validate(
        {
            "name": "small",
            "describe": "the tests' own server",
            "services": {"all": {"base": base}},
            "operations": operations,
            "headers": {"X-Device-Id": "{device}"},
            "site": "header.X-Site",
        }
    )


def scenario(mix: dict[str, float] | None = None, *, lasts: float = 1.0, rate: float = 50.0, **more: object) -> Scenario:
    """A short scenario of one phase."""
    return Scenario.model_validate(
        {
            "name": "short",
            "describe": "for a test",
            "target": "small",
            "phases": [{"name": "all", "lasts": lasts, "arrivals": rate}],
            "mix": mix or {"zone-page": 1},
            "drain": 1.0,
            **more,
        }
    )


def made(folder: Path, to: Target, what: Scenario, *, seed: int = 1, workers: int = 1) -> tuple[Run, Plan]:
    """A run folder as the door gives it to load processes: T0 is fixed when they are ready."""
    return create_run(what, to, seed=seed, workers=workers, out=folder)


def begin(run: Run, plan: Plan, process: str = "load-0", lead_s: float = 1.0) -> Plan:
    """Does what the door does: waits until the process says that it is ready, and fixes T0."""
    deadline = time.monotonic() + 120
    while (state := read_state(run, process)) is None:
        assert time.monotonic() < deadline, f"{process} was never ready"
        time.sleep(0.02)
    assert state.stage is ProcessStage.READY, state.failure
    return fix_t0(run, plan, lead_s=lead_s)


def planned(folder: Path, to: Target, what: Scenario, *, seed: int = 1, workers: int = 1, lead_s: float = 1.0) -> tuple[Run, Plan]:
    """A run folder whose T0 is near."""
    run, plan = made(folder, to, what, seed=seed, workers=workers)
    return run, near(run, plan, lead_s=lead_s)


def near(run: Run, plan: Plan, *, lead_s: float = 1.0) -> Plan:
    """Fixes T0; as in a load process the crowd is prepared before, for `drive` to take, and the memory is settled.

    In a process that has run a thousand tests that may take seconds.
    """
    with suppress(BadInput):  # `drive` will meet it again
        _PREPARED[run.folder] = prepare_crowd(plan)
    settle_memory()
    return fix_t0(run, plan, lead_s=lead_s)


def drive(
    run: Run,
    plan: Plan,
    *,
    worker: int = 0,
    workers: int = 1,
    meanwhile: Callable[[Engine], None] | None = None,
    wall_ns: ReadClock = time.time_ns,
) -> Engine:
    """Runs one engine to its end, with its watch, which goes by that wall clock."""
    engine = Engine(run, plan, {}, _PREPARED.pop(run.folder, None) or prepare_crowd(plan), worker=worker, workers=workers)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            engine.run()
        except BaseException as error:  # noqa: BLE001 - handed over to the test
            failures.append(error)

    thread = threading.Thread(target=work)
    watch = HealthMonitor(engine, run, wall_ns=wall_ns)
    thread.start()
    if meanwhile:
        meanwhile(engine)
    while thread.is_alive():
        watch.poll()
        thread.join(0.1)
    watch.close()
    if failures:
        raise failures[0]
    return engine


def stop_when_they_have_gone(engine: Engine) -> None:
    """Ends a load of `FEW` when the journeys that were begun have ended, however slow this machine is."""
    deadline = time.monotonic() + 50
    while not (
        (engine.totals.offered or engine.broken_journeys) and engine.customers == 0 and time.monotonic_ns() > engine.t0_ns + 100_000_000
    ):
        assert time.monotonic() < deadline, "nobody came, or somebody never went"
        time.sleep(0.02)
    engine.stop()
