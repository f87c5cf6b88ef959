"""What the samples say of a server that stalls is what the schedule says it must be."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import requests
from locustfiles_kit import drive, planned, scenario, serving, target

from locustfiles.crowd.workload import Workload
from locustfiles.engine.engine import Engine
from scenarios.run.event_kinds import LoadFinished
from scenarios.run.events import of_kind
from scenarios.run.folder import Plan
from scenarios.run.records import ACK, Records, read_records

STALL_AT_S, STALL_S = 1.0, 2.0
TURN_S = 0.005
_CUT_NS = 3_000
"""A sample's times are three spans, each cut to whole microseconds."""
_EARLY_NS = 2_000_000
"""The server's loop has timers of a millisecond."""

Nanoseconds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Witnesses:
    """What the schedule, the server and the engine's own event loop know of a run: nanoseconds since T0, a row for each arrival."""

    due: Nanoseconds  # by the schedule
    came: Nanoseconds  # the server had it
    given: Nanoseconds  # the server was about to answer
    written: Nanoseconds  # its answer had left for certain
    released: float  # the end of the stall
    turns: Nanoseconds  # when the engine's loop turned, now and then

    def turned(self, times: Nanoseconds, often: int) -> Nanoseconds:
        """For each time when the loop had turned so often since; however long the machine let it stand."""
        return np.append(self.turns, [np.inf] * often)[np.searchsorted(self.turns, times) + often - 1]

    @property
    def held(self) -> npt.NDArray[np.bool_]:
        """Who came during the stall."""
        return (self.due >= self.released - STALL_S * 1e9) & (self.due < self.released)

    def contradict(self, samples: Records) -> set[str]:
        """What is told otherwise by samples, which stand in the order of arrivals."""
        intended = samples["intended_ns"].astype(float)
        sent = intended + (samples["ready_us"].astype(float) + samples["dispatch_us"]) * 1000
        done = sent + samples["service_us"] * 1000.0
        told = {
            "it was due at another time": np.abs(intended - self.due) > 1000,
            "sent after it came": sent > self.came,
            "answered before the answer": done < self.given - _CUT_NS,
            "no wait for the end of the stall": self.held & (done < self.released - _EARLY_NS),
            # A turn serves what is due to 64 customers, and twenty of them a tenth of a second's crowd on any machine.
            "sent when others were answered": sent > self.turned(self.due, 20),
            "answered long after the answer": done > self.turned(self.written, 4),
        }
        return {what for what, wrong in told.items() if wrong.any()}


@pytest.mark.parametrize("rate", [200, 800])
def test_a_stall_of_two_seconds_is_seen_by_all_whom_it_met(tmp_path: Path, rate: int) -> None:
    """Each customer who came during the stall is told to have waited for its end, and nobody longer than until the loop could know."""
    turns: list[int] = []
    with serving("--stall", str(STALL_AT_S), str(STALL_S)) as base:
        to = target(base, account_balance={"path": "/stalling/{customer}"})
        what = scenario({"one-read": 1}, lasts=4, rate=rate, drain=4, population={"customers": 20_000})
        run, plan = planned(tmp_path, to, what, lead_s=1.0)
        engine = drive(run, plan, meanwhile=lambda engine: _watch_the_loop(engine, base, turns))
        told = requests.get(f"{base}/held", timeout=5).json()
    assert engine.totals.sent == engine.totals.planned
    samples = np.sort(run.samples(), order="operation_id")
    witnesses = _witnesses(plan, told, turns)
    assert witnesses.held.sum() > rate
    assert witnesses.contradict(samples) == set()
    for lie, what_it_tells in _LIES.items():
        lying = samples.copy()
        what_it_tells(lying)
        assert lie in witnesses.contradict(lying), lie


def _watch_the_loop(engine: Engine, base: str, turns: list[int]) -> None:
    """From T0 on, from which the server counts its stall too: when the engine's event loop has turned."""
    while not engine.ready:
        time.sleep(0.001)

    def turn() -> None:
        turns.append(time.monotonic_ns())
        engine._loop.call_later(TURN_S, turn)

    engine._loop.call_soon_threadsafe(turn)
    time.sleep(max(0.0, (engine.t0_ns - time.monotonic_ns()) / 1e9))
    requests.get(f"{base}/start", timeout=5)


def _witnesses(plan: Plan, told: dict[str, Any], turns: list[int]) -> Witnesses:
    crowd, t0_ns = Workload(plan.scenario, plan.seed), plan.t0_monotonic_ns
    rows = [told["requests"][f"/stalling/{crowd.customer(arrival)}"] for arrival in range(len(crowd.times_s))]
    came, given, written = np.array(rows, float).T - t0_ns
    released = (told["started_s"] + STALL_AT_S + STALL_S) * 1e9 - t0_ns
    return Witnesses(crowd.times_s * 1e9, came, given, written, released, np.array(turns, float) - t0_ns)


def _from_sending(samples: Records) -> None:
    """Waiting that begins when the request is sent, as closed loops have it."""
    samples["intended_ns"] += (samples["ready_us"].astype(np.int64) + samples["dispatch_us"]) * 1000 + 5000
    samples["ready_us"] = samples["dispatch_us"] = 0


def _short(samples: Records) -> None:
    """The longest waits a tenth shorter than they were: of who was asked late in the stall, since the machine stood still itself, too."""
    long = samples["service_us"] >= np.quantile(samples["service_us"], 0.9)
    samples["service_us"][long] = samples["service_us"][long] * 0.9


def _after_the_stall(samples: Records) -> None:
    """Nothing is sent while the server says nothing."""
    long = samples["service_us"] > 1_000_000
    samples["dispatch_us"][long] += 1_000_000
    samples["service_us"][long] -= 1_000_000


def _long(samples: Records) -> None:
    samples["service_us"] += 1_000_000


_LIES = {
    "it was due at another time": _from_sending,
    "answered before the answer": _short,
    "no wait for the end of the stall": _short,
    "sent after it came": _after_the_stall,
    "sent when others were answered": _after_the_stall,
    "answered long after the answer": _long,
}


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
