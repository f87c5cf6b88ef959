"""A server that stalls: what each generator reports, against the truth computed from the schedule.

    python -m bench.truth [--rates 200,2000] [--write]

Ten seconds of load; after four the target stops answering for two. Whoever was due then waits until the end of the stall: that is the
truth, for the engine from its own schedule (random arrivals), for the others from an even one. Locust paces 20 requests a second per user,
k6 has a quarter as many users as requests a second.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.kit.crowd import ROOT, crowd, target
from bench.kit.fixed_rate import Pace, Told, fast_http_user, k6, quantiles
from bench.kit.goals import report
from bench.kit.measuring import Job
from bench.kit.page import parser, show
from bench.kit.peers import found
from bench.kit.processes import cores, started, step_aside
from bench.kit.stub import Stub
from locustfiles.crowd.workload import Workload as Schedule
from scenarios.run.latency import latency_us

LASTS_S, STALL_AT_S, STALL_S = 10.0, 4.0, 2.0
K6_USERS_PER_RATE = 0.25
HEAD = ("generator", "requests sent", "of those due", "p50", "p95", "p99", "p99.9", "max", "largest error")


@contextmanager
def stalling(folder: Path, core: int) -> Iterator[tuple[Stub, Path]]:
    """The target, and where it says when it stalled."""
    said = folder / "stalling.log"
    command = [sys.executable, "-m", "bench.kit.stalling", str(STALL_AT_S), str(STALL_S)]
    with started(command, core, said=said, cwd=ROOT) as process:
        deadline = time.monotonic() + 10
        while "\n" not in said.read_text():
            if time.monotonic() > deadline:
                raise SystemExit(f"bench: the stalling target does not start:\n{said.read_text()}")
            time.sleep(0.02)
        yield Stub(int(said.read_text().split()[0]), process, folder / "none"), said


@dataclass(frozen=True)
class Line:
    """What one generator says, and what it should have said."""

    told: Told
    due: int
    truth_ms: tuple[float, ...]

    @property
    def error(self) -> float:
        """The largest of the percentiles that the stall reaches, relative."""
        pairs = zip(self.told.latency_ms, self.truth_ms, strict=True)
        return max(abs(said - true) / true for said, true in pairs if true > 0)

    def row(self) -> tuple[str, ...]:
        """Its line in the table."""
        figures = [f"{value:,.1f} ms" for value in self.told.latency_ms]
        return (self.told.name, f"{self.told.sent:,}", f"{self.due:,}", *figures, f"{self.error:.1%}")


def stalled_ms(times_s: "np.ndarray[tuple[int], np.dtype[np.float64]]", begin_s: float, end_s: float) -> "np.ndarray":
    """How long each who was due then had to wait, by the schedule alone."""
    return np.where((times_s >= begin_s) & (times_s < end_s), (end_s - times_s) * 1000, 0.0)


def engine_line(rate: float, folder: Path, generator: int, core: int) -> Line:
    """The engine, against its own schedule."""
    with stalling(folder, core) as (there, said):
        to, around = target(f"http://127.0.0.1:{there.port}"), {"BENCH_ASK": "get"}
        with crowd(to, "bench-once", [(LASTS_S, rate)], core=generator, folder=folder, environment=around) as made:
            made.end(now=False)
            latencies = latency_us(made.samples()) / 1000
            times_s = Schedule(made.plan.scenario, made.plan.seed).times_s
            stall = json.loads(said.read_text().splitlines()[1])
            begin_s, end_s = ((stall[name] - made.t0_ns) / 1e9 for name in ("began_ns", "ended_ns"))
    return Line(Told("engine", len(latencies), quantiles(latencies)), len(times_s), quantiles(stalled_ms(times_s, begin_s, end_s)))


def peer_lines(rate: float, folder: Path, generator: int, core: int) -> list[Line]:
    """The others, against an even schedule."""
    truth = quantiles(stalled_ms(np.arange(0, LASTS_S, 1 / rate), STALL_AT_S, STALL_AT_S + STALL_S))
    due, lines = round(LASTS_S * rate), []
    with stalling(folder, core) as (there, _said):
        lines.append(Line(fast_http_user(Job("get", there, generator, folder), Pace(rate, LASTS_S)), due, truth))
    if found("k6"):
        with stalling(folder, core) as (there, _said):
            told = k6(Job("get", there, generator, folder), Pace(rate, LASTS_S), round(rate * K6_USERS_PER_RATE))
            lines.append(Line(told, due, truth))
    return lines


def main() -> None:
    """Prints a table for each rate, how the goal stands, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rates", type=lambda text: [float(rate) for rate in text.split(",")], default=[200.0, 2000.0])
    options = made.parse_args()
    generator, core = cores()
    step_aside()
    errors: dict[float, float] = {}
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name:
        for rate in options.rates:
            ours = engine_line(rate, Path(name), generator, core)
            lines = [ours, *peer_lines(rate, Path(name), generator, core)]
            errors[rate] = ours.error
            true = ("the truth", "", f"{ours.due:,}", *(f"{value:,.1f} ms" for value in ours.truth_ms), "")
            print(f"a stall of {STALL_S:g} s in {LASTS_S:g} s at {rate:g}/s")
            show(options.page, f"truth {rate:g}", HEAD, [true, *(line.row() for line in lines)])
    report(options.page, {"truth": max(errors.values()) * 100})
    print(json.dumps({"bench": "truth", "error": {f"{rate:g}": round(error, 4) for rate, error in errors.items()}}))


if __name__ == "__main__":
    main()
