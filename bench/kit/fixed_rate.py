"""Each generator at a fixed rate, as its own users set it, and the latencies that it reports itself."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.kit.crowd import crowd, lag_ms, target
from bench.kit.locusts import command as locust_command
from bench.kit.locusts import environment as locust_environment
from bench.kit.measuring import Job, Window, look
from bench.kit.peers import SCRIPTS, found
from bench.kit.processes import started
from bench.peers.k6 import QUIET
from bench.peers.k6 import environment as k6_environment
from scenarios.run.latency import latency_us
from scenarios.run.outcomes import Outcome

RAMP, RAMP_S = (0.5, 1.3), 8.0
QUANTILES = (0.5, 0.95, 0.99, 0.999, 1.0)
_USER_RATE = 20.0
"""Requests per second of one Locust user."""

_STARTS_WITHIN_S = 60.0
_TRIES = 3
_BEYOND_S = 1.5
"""The load goes on after the window, so that its end is seen by a bench that is late itself."""


@dataclass(frozen=True)
class Pace:
    """How fast and how long; what comes before `warm_s` is not reported."""

    rate: float
    seconds: float
    warm_s: float = 0.0


@dataclass(frozen=True)
class Told:
    """What a generator says of its run."""

    name: str
    sent: int
    latency_ms: tuple[float, ...]  # at QUANTILES


@dataclass(frozen=True)
class Kept:
    """What the engine recorded of an open load."""

    window: Window
    latency_ms: npt.NDArray[np.float64]
    lag_ms: npt.NDArray[np.float64]
    kept_off: float  # share of the time that the engine waited for its core, which others had


def quantiles(values: "Sequence[float] | npt.NDArray[np.float64]") -> tuple[float, ...]:
    """At QUANTILES, exactly."""
    return tuple(float(value) for value in np.quantile(np.asarray(values, np.float64), QUANTILES))


def engine(job: Job, pace: Pace) -> Kept:
    """The engine, its customers arriving at random at that rate, each asking once.

    Raises:
        SystemExit: it never was ready at T0.
    """
    for _ in range(_TRIES):
        kept = _engine_once(job, pace)
        if kept is not None:
            return kept
    raise SystemExit("bench: the engine is never ready in time; is this machine busy with something else?")


def _engine_once(job: Job, pace: Pace) -> Kept | None:
    phases = [(pace.warm_s + pace.seconds + _BEYOND_S, pace.rate)]
    with crowd(target(job.base), "bench-once", phases, core=job.core, folder=job.folder, environment={"BENCH_ASK": job.work}) as made:
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not made.begun():
            if made.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench: the engine does not begin")
            time.sleep(0.02)
        if made.late_s():
            return None
        window = look(made.process, job.stub, warm_s=pace.warm_s, seconds=pace.seconds, begin=made.begun)
        made.end(now=False)
        samples = made.intended_within(pace.warm_s, pace.warm_s + pace.seconds)
    return Kept(window, latency_us(samples) / 1000, lag_ms(samples), made.kept_off())


def ceiling(job: Job, expected: float) -> float:
    """The most that the engine got answered in any second of a ramp that goes beyond what is expected of it."""
    phases = [(RAMP_S, [low * expected for low in RAMP])]
    with crowd(target(job.base), "bench-once", phases, core=job.core, folder=job.folder, environment={"BENCH_ASK": job.work}) as made:
        time.sleep(max(0.0, (made.t0_ns - time.monotonic_ns()) / 1e9 + RAMP_S))
        made.end()
        samples = made.samples()
    done_s = (samples["intended_ns"] / 1e9 + latency_us(samples) / 1e6)[samples["outcome"] == Outcome.SUCCESS]
    return float(np.bincount(done_s.astype(np.int64)).max())


def fast_http_user(job: Job, pace: Pace) -> Told:
    """Locust's FastHttpUser with `constant_throughput`."""
    report = job.folder / "locust.json"
    report.unlink(missing_ok=True)
    users = max(1, round(pace.rate / _USER_RATE))
    lasts_s = pace.warm_s + pace.seconds
    window = {"BENCH_WARM": str(pace.warm_s), "BENCH_LASTS": str(lasts_s)}
    around = locust_environment(job, BENCH_RATE=str(pace.rate / users), BENCH_REPORT=str(report), **window)
    asked = Job(job.work, job.stub, job.core, job.folder, customers=users, lasts_s=lasts_s + _STARTS_WITHIN_S)
    _to_its_end([found("python") or "python", *locust_command(asked, "FastHttpUser")], asked, around)
    latencies = json.loads(report.read_text())
    return Told("FastHttpUser", len(latencies), quantiles(latencies))


def k6(job: Job, pace: Pace, users: int) -> Told:
    """k6's constant-arrival-rate with so many users made beforehand."""
    report = job.folder / "k6.json"
    report.unlink(missing_ok=True)
    around = k6_environment(job) | {
        "BENCH_RATE": f"{pace.rate:.0f}",
        "BENCH_SECONDS": f"{pace.seconds:.0f}",
        "BENCH_WARM": f"{pace.warm_s:.0f}",
        "BENCH_VUS": str(users),
        "BENCH_SUMMARY": str(report),
    }
    asked = Job(job.work, job.stub, job.core, job.folder, lasts_s=pace.warm_s + pace.seconds)
    _to_its_end([found("k6") or "k6", "run", *QUIET, str(SCRIPTS / "k6.js")], asked, around)
    return k6_told(json.loads(report.read_text()))


def k6_told(metrics: dict[str, Any]) -> Told:
    """What k6's summary says of its scenario `main`."""
    values = metrics["http_req_duration{scenario:main}"]["values"]
    return Told("k6", int(values["count"]), tuple(values[name] for name in ("p(50)", "p(95)", "p(99)", "p(99.9)", "max")))


def _to_its_end(command: list[str], job: Job, around: dict[str, str]) -> None:
    said = job.folder / f"{Path(command[0]).name}.log"
    with started(command, job.core, around, said=said, cwd=job.folder) as process:
        code = process.wait(job.lasts_s + _STARTS_WITHIN_S)
    if code:
        raise SystemExit(f"bench: {' '.join(command[:3])} ended with code {code}:\n{said.read_text(errors='replace')[-800:]}")
