"""Real loads that cannot be trusted, or only look like it, and what the judge makes of what they left behind."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from locustfiles_kit import begin, drive, hosting, made, planned, scenario, serving, target

import reports
from reports.finding import Kind
from scenarios.plan.scenario import Scenario
from scenarios.plugins import CHECK, modules
from scenarios.run.event_kinds import RunEnded, RunStarted
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_NOT_SENT
from scenarios.run.run_seal import seal_run
from scenarios.target.model import Target
from stormdrill.rehearsal.load_processes import Load

UNAUDITED = [
    {"check": module.ID, "reason": "the small server has no read-back"}
    for _, module in modules(CHECK)
    if module.KIND is Kind.INVARIANT or module.ID == "read-back"
]
WIDE = {"dispatch_lag_p99_ms": 5000, "stall_ms": 5000, "gc_pause_ms": 5000, "core_wait_s": 60, "cpu_ceiling_s": 60}
"""On a machine that is busy with other things too, only what a test provokes may be doubted."""


def asked(journey: str, *, trust: dict[str, float] | None = None, **more: Any) -> Scenario:
    """A short scenario of one journey, whose read-back is excused."""
    return scenario({journey: 1}, waive=UNAUDITED, trust=WIDE | (trust or {}), **more)


def judged(run: Run, plan: Plan) -> dict[str, dict[str, Any]]:
    """The verdict's findings by id, and the word under its own; as if the door had watched the run to its end."""
    door = run.event_writer("door", plan.t0_monotonic_ns)
    door.write(RunStarted(seed=plan.seed, workers=plan.workers, t0=plan.t0_wall, plan_seal=run.plan_seal), plan.t0_monotonic_ns)
    door.write(RunEnded(reason="complete"), time.monotonic_ns())
    door.write(seal_run(run, "door"), time.monotonic_ns())
    door.close()
    verdict = reports.judge_run(run.folder)
    told = orjson.loads((run.folder / "verdict.json").read_bytes())
    return {finding["id"]: finding for finding in told["findings"]} | {"word": verdict.word}


def by_locust(run: Run, plan: Plan, meanwhile: Callable[["subprocess.Popen[bytes]", Plan], None] = lambda _process, _plan: None) -> Plan:
    """Makes a run's load in a Locust process of its own, as the door does; gives the plan with its T0."""
    load = Load(run)
    load.start(1)
    try:
        plan = begin(run, plan)
        meanwhile(load.processes[0], plan)
        load.processes[0].wait(60)
    finally:
        load.stop()
    assert not load.failures, load.last_words()
    return plan


def after(plan: Plan, seconds: float) -> None:
    """Waits until so many seconds after T0."""
    time.sleep(max(0.0, (plan.t0_monotonic_ns - time.monotonic_ns()) / 1e9 + seconds))


def stopped(process: "subprocess.Popen[bytes]", plan: Plan, from_s: float, to_s: float) -> None:
    """SIGSTOP and SIGCONT at these seconds after T0."""
    after(plan, from_s)
    process.send_signal(signal.SIGSTOP)
    after(plan, to_s)
    process.send_signal(signal.SIGCONT)


def test_a_load_that_nothing_is_wrong_with_is_trusted(tmp_path: Path) -> None:
    """PASS, with every reason for doubt looked at: what follows is found because it was provoked."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), asked("one-read", lasts=3, rate=50))
        plan = by_locust(run, plan)
    found = judged(run, plan)
    assert found["word"] == "PASS", found
    for name in ("unsent", "dispatch-lag", "stalls", "cpu-ceiling", "gc-pauses", "core-waits", "clock-step", "steady-state", "processes"):
        assert name not in found or found[name]["status"] == "PASS", found[name]


def test_a_load_whose_journey_broke_is_invalid(tmp_path: Path) -> None:
    """Its customers did not do what was planned, however well they were answered."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), asked("stumbling", lasts=1, rate=50))
        plan = by_locust(run, plan)
    found = judged(run, plan)
    assert found["word"] == "INVALID"
    assert found["plug-ins"]["detail"].startswith("the journey stumbling broke at ")
    assert "journeys/stumbling.py:10: ZeroDivisionError" in found["plug-ins"]["detail"]


def test_a_load_process_at_its_ceiling_is_invalid(tmp_path: Path) -> None:
    """A journey that burns a twentieth of a core's second, and sixty customers a second who do."""
    with serving() as base:
        # A tenth of a core is more than a load needs that burns nothing, and less than a busy machine leaves to one that does.
        what = asked("burning", lasts=5, rate=60, trust={"cpu_ceiling": 0.1, "cpu_ceiling_s": 3})
        run, plan = made(tmp_path, target(base), what)
        plan = by_locust(run, plan)
    found = judged(run, plan)
    assert found["word"] == "INVALID"
    assert found["cpu-ceiling"]["status"] == "INVALID", found["cpu-ceiling"]
    assert found["cpu-ceiling"]["measured"] > 3


def test_arrivals_that_the_generator_could_not_send_are_invalid(tmp_path: Path) -> None:
    """Stopped until there was no time left: half of the crowd never came; the target is not to blame, whose answers lay there."""
    with serving() as base:
        to = target(base, account_balance={"path": "/slow/0.1"})
        run, plan = made(tmp_path, to, asked("one-read", lasts=3, rate=400, gates=["error ratio <= 1 %"]))
        plan = by_locust(run, plan, lambda process, plan: stopped(process, plan, 1.5, plan.scenario.lasts_s + plan.scenario.drain + 0.2))
    found = judged(run, plan)
    assert found["word"] == "INVALID"
    assert found["unsent"]["status"] == "INVALID", found["unsent"]
    assert found["unsent"]["measured"] > 0.2
    assert (found["gate: error ratio <= 1 %"]["status"], found["gate: error ratio <= 1 %"]["tainted_by"]) == ("PASS", ["unsent"])


def test_a_pause_of_the_garbage_collector_is_invalid(tmp_path: Path) -> None:
    """A journey that leaves half a million rings to be collected."""
    with serving() as base:
        what = asked("littering", lasts=2, rate=3, trust={"gc_pause_ms": 10})
        run, plan = made(tmp_path, target(base), what)
        plan = by_locust(run, plan)
    found = judged(run, plan)
    assert found["word"] == "INVALID"
    assert found["gc-pauses"]["status"] == "INVALID", found["gc-pauses"]


def test_a_load_process_that_the_scheduler_stopped_is_invalid(tmp_path: Path) -> None:
    """SIGSTOP for a second, and SIGCONT: nothing was lost, all was late."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), asked("one-read", lasts=4, rate=50, trust={"stall_ms": 900}))
        plan = by_locust(run, plan, lambda process, plan: stopped(process, plan, 1.5, 2.5))
    found = judged(run, plan)
    assert found["word"] == "INVALID"
    assert found["stalls"]["status"] == "INVALID", found["stalls"]
    assert found["unsent"]["status"] == "PASS"


def test_a_wall_clock_that_stepped_is_invalid(tmp_path: Path) -> None:
    """Three seconds forward in mid-run. The machine's own clock belongs to everybody, so the step is made in the reading of the watch."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base), asked("one-read", lasts=3, rate=50), lead_s=1.0)
        steps_at_ns = plan.t0_monotonic_ns + 1_500_000_000
        drive(run, plan, wall_ns=lambda: time.time_ns() + (3_000_000_000 if time.monotonic_ns() >= steps_at_ns else 0))
    found = judged(run, plan)
    assert found["word"] == "INVALID"
    assert found["clock-step"]["status"] == "INVALID", found["clock-step"]
    assert found["clock-step"]["measured"] == pytest.approx(3000, abs=50)
    assert "was set forward by 3" in found["clock-step"]["detail"]


def test_a_target_that_never_was_in_steady_state_is_invalid(tmp_path: Path) -> None:
    """It answers everybody with an error, from the first customer on: what was rehearsed was no service."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base, "error"), asked("one-read", lasts=3, rate=50, gates=["error ratio <= 1 %"]))
        drive(run, plan)
    found = judged(run, plan)
    assert found["word"] == "INVALID"
    assert found["steady-state"]["status"] == "INVALID", found["steady-state"]
    assert found["gate: error ratio <= 1 %"]["tainted_by"] == ["steady-state"]


def test_what_the_target_kept_from_being_sent_is_failed_and_fails(tmp_path: Path) -> None:
    """The server dies half-way and refuses every connection: failed operations, a broken gate, and no doubt about the generator."""
    with hosting() as (base, server):
        run, plan = planned(tmp_path, target(base), asked("one-read", lasts=4, rate=50, gates=["error ratio <= 1 %"]), lead_s=1.0)
        death = threading.Thread(target=lambda: (after(plan, 2.0), server.kill()))
        death.start()
        drive(run, plan)
        death.join()
    samples = run.samples()
    refused = samples[samples["flags"] & FLAG_NOT_SENT > 0]
    assert len(refused) > 50
    assert set(refused["outcome"].tolist()) == {Outcome.FAILURE}
    found = judged(run, plan)
    assert found["word"] == "FAIL", found
    assert found["gate: error ratio <= 1 %"]["measured"] > 0.3
    assert (found["unsent"]["status"], found["unsent"]["measured"]) == ("PASS", 0)
    assert found["steady-state"]["status"] == "PASS"


def test_no_percentile_pretends_that_a_frozen_server_would_have_answered(tmp_path: Path) -> None:
    """Frozen for good: what is unanswered is unknown, and every percentile that reaches it is only a lower bound, which fails any limit."""
    gates = ["p50 of account.balance <= 60 s", "p99 of account.balance <= 60 s", "max of account.balance <= 10 min"]
    with hosting() as (base, server):
        to = target(base, account_balance={"timeout_s": 300})
        run, plan = planned(tmp_path, to, asked("one-read", lasts=4, rate=400, drain=1.0, gates=gates), lead_s=1.0)
        frost = threading.Thread(target=lambda: (after(plan, 3.0), server.send_signal(signal.SIGSTOP)))
        frost.start()
        drive(run, plan)
        frost.join()
    found = judged(run, plan)
    assert found["word"] == "FAIL", found
    assert found[f"gate: {gates[0]}"]["status"] == "PASS"
    for gate in gates[1:]:
        assert found[f"gate: {gate}"]["status"] == "FAIL"
        assert found[f"gate: {gate}"]["censored"]
        assert ": > " in found[f"gate: {gate}"]["detail"]
    unknown = run.samples()["outcome"] == Outcome.UNKNOWN
    assert 200 < unknown.sum() < 800


CODES = {
    "OK": Outcome.SUCCESS,
    "SOLD_OUT": Outcome.REFUSAL,
    "RISK_CHALLENGE": Outcome.CHALLENGE,
    "RATE_LIMITED": Outcome.SHED,
    "SYSTEM_ERROR": Outcome.FAILURE,
    "NOBODY_KNOWS": Outcome.UNKNOWN,
}


def test_a_bank_that_answers_200_for_everything_is_understood_by_its_codes(tmp_path: Path) -> None:
    """One code for each of the six outcomes, all under HTTP 200: classified by predicate, not by status."""
    names = {code: f"ask.{code.lower().replace('_', '-')}" for code in CODES}
    with serving() as base:
        posted = {"service": "all", "method": "POST", "authorised": False, "effect": {"business": "{customer}"}}
        plain = {
            "name": "always-200",
            "describe": "HTTP 200 for everything",
            "services": {"all": {"base": base}},
            "operations": {name: posted | {"path": f"/coded/{code}"} for code, name in names.items()},
            "outcome": {outcome.label: f"$.code == '{code}'" for code, outcome in CODES.items()},
        }
        phases = [{"name": "all", "lasts": 2, "arrivals": 0}]
        what = asked("one-read", phases=phases, pulse={"operations": sorted(names.values()), "rate": 20})
        run, plan = planned(tmp_path, Target.model_validate(plain), what)
        drive(run, plan)
    samples = run.samples()
    assert set(samples["status"].tolist()) == {200}
    for code, name in names.items():
        mine = samples[samples["operation_index"] == plan.operations.index(name)]
        assert len(mine) == 40
        assert set(mine["outcome"].tolist()) == {CODES[code]}, code
