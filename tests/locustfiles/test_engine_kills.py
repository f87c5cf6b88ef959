"""What the samples say of a server that stalls is what the schedule says it must be."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
from locustfiles_kit import drive, planned, scenario, serving, target

from locustfiles.crowd.workload import Workload
from scenarios.run.event_kinds import LoadFinished
from scenarios.run.events import of_kind
from scenarios.run.latency import latency_us
from scenarios.run.records import ACK, read_records

STALL_AT_S, STALL_S = 2.0, 2.0


@pytest.mark.parametrize("rate", [200, 800])
def test_a_stall_of_two_seconds_is_seen_by_all_whom_it_met(tmp_path: Path, rate: int) -> None:
    """Every customer who came during the stall waited for its end: percentiles within 2 % of those of the schedule."""
    with serving("--stall", str(STALL_AT_S), str(STALL_S)) as base:
        run, plan = planned(tmp_path, target(base, "stalling"), scenario({"one-read": 1}, lasts=8, rate=rate, drain=4), lead_s=1.0)
        _start_the_clock(base, plan.t0_monotonic_ns)
        engine = drive(run, plan)
        late_ms = float(requests.get(f"{base}/lateness", timeout=5).text)  # the server's own, on a machine that is busy
    assert engine.totals.sent == engine.totals.planned
    times_s = Workload(plan.scenario, plan.seed).times_s
    held = (times_s >= STALL_AT_S) & (times_s < STALL_AT_S + STALL_S)
    truth_ms = np.where(held, (STALL_AT_S + STALL_S - times_s) * 1000, 0.0)
    measured_ms = latency_us(run.samples()) / 1000
    for quantile in (0.9, 0.95, 0.99, 0.999, 1.0):
        expected, found = np.quantile(truth_ms, quantile), np.quantile(measured_ms, quantile)
        assert found == pytest.approx(expected, rel=0.02, abs=25 + late_ms), (
            f"p{quantile * 100:g}: {found:.0f} ms, the schedule says {expected:.0f} ms"
        )
    assert np.quantile(measured_ms, 0.5) < 50 + late_ms


def _start_the_clock(base: str, t0_ns: int) -> None:
    """Lets the server count its stall from T0."""
    time.sleep(max(0.0, (t0_ns - time.monotonic_ns()) / 1e9 - 0.02))
    while time.monotonic_ns() < t0_ns - 2_000_000:
        pass
    requests.get(f"{base}/start", timeout=5)


_LOAD = """
import sys
from pathlib import Path
from locustfiles.crowd.workload import prepare_crowd
from locustfiles.engine.engine import Engine
from scenarios.run.folder import Run
run = Run(Path(sys.argv[1]))
Engine(run, run.plan(), {}, prepare_crowd(run.plan())).run()
"""


@pytest.mark.parametrize("after_s", [0.7, 1.1])
def test_every_key_that_the_server_saw_was_written_down_before(tmp_path: Path, after_s: float) -> None:
    """Also when the load process is killed at any moment: the intent precedes the bytes."""
    seen = tmp_path / "seen"
    with serving("--keys", str(seen)) as base:
        run, _plan = planned(tmp_path / "runs", target(base), scenario({"one-claim": 1}, lasts=30, rate=2000), lead_s=3.0)
        process = subprocess.Popen([sys.executable, "-c", _LOAD, str(run.folder)])
        try:
            deadline = time.monotonic() + 60
            while not (seen.is_file() and seen.stat().st_size > 37 * 500 * after_s) and time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    keys = {line.replace("-", "") for line in seen.read_text("ascii").splitlines()}
    acks = read_records(run.acks_folder / "load-0.bin", ACK)
    intents = {f"{int(ack['key_hi']):016x}{int(ack['key_lo']):016x}" for ack in acks}
    assert len(keys) > 200
    assert keys <= intents


def test_an_engine_that_cannot_keep_up_ends_in_its_time_and_counts_what_it_did_not_send(tmp_path: Path) -> None:
    """Far more arrivals than any core can serve: deadlines and the end do not wait behind them."""
    with serving() as base:
        run, plan = planned(tmp_path, target(base), scenario({"one-read": 1}, lasts=1.0, rate=400_000, drain=1.0), lead_s=4.0)
        engine = drive(run, plan)
        over_s = (time.monotonic_ns() - plan.t0_monotonic_ns) / 1e9
    (finished,) = of_kind(run.events(), LoadFinished)
    assert engine.totals.unsent > 0
    assert finished.facts.offered == engine.totals.planned
    assert run.samples_folder.joinpath("load-0.bin").stat().st_size == len(run.samples()) * 48
    assert over_s < 60, f"it ended {over_s:.1f} s after T0, its load and drain last 2 s"
