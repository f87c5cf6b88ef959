"""Memory of a load process over millions of requests, and what they take on disk.

    python -m bench.memory [--requests 2000000] [--rate 2500] [--write]
    python -m bench.memory --requests 10000000 --write        # about eight minutes, 1 GB of disk

Customers arrive at random, make the flash-sale journey of nine requests once, and go. Counted is anonymous memory (RssAnon): the pages of
the sample files that the process has mapped are the system's page cache, are shown apart, and are taken back when memory is short.
"""

import json
import tempfile
import time
from argparse import Namespace
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench.kit.crowd import Crowd, crowd, target
from bench.kit.goals import report
from bench.kit.page import parser, show
from bench.kit.processes import cores, cpu_s, memory_mb, step_aside
from bench.kit.stub import Stub, stub

REQUESTS_EACH = 9
WARM_SHARE, WARM_LEAST_S = 0.1, 5.0
AROUND = 5
"""Readings whose median counts, at both ends."""

EVERY_S = 0.5
ENOUGH = 0.98
"""Of the requests asked for: with fewer the engine was overloaded, and its memory is that of its backlog."""

HEAD = ("requests", "its own memory", "mapped files", "its core busy")


@dataclass(frozen=True)
class Reading:
    """One look at the process."""

    at_s: float
    requests: int
    own_mb: float
    files_mb: float
    cpu_s: float


def follow(made: Crowd, there: Stub) -> list[Reading]:
    """Looks twice a second from T0 until the scenario is over."""
    readings: list[Reading] = []
    time.sleep(max(0.0, (made.t0_ns - time.monotonic_ns()) / 1e9))
    while made.process.poll() is None:
        at_s = (time.monotonic_ns() - made.t0_ns) / 1e9
        if at_s >= made.plan.scenario.lasts_s:
            break
        own_mb, files_mb = memory_mb(made.process.pid)
        readings.append(Reading(at_s, there.requests(), own_mb, files_mb, cpu_s(made.process.pid)))
        time.sleep(EVERY_S)
    else:
        raise SystemExit(f"bench: the engine ended after {readings[-1].at_s if readings else 0:.0f} s, before its scenario was over")
    made.end(now=False)
    return readings


def growth_mb(readings: list[Reading]) -> float:
    """Own memory at the end less that after the warm-up, which is a tenth of the run and five seconds at least.

    Raises:
        SystemExit: there are too few readings to tell.
    """
    warm_s = max(WARM_LEAST_S, WARM_SHARE * readings[-1].at_s) if readings else 0.0
    warmed = [reading.own_mb for reading in readings if reading.at_s >= warm_s]
    if len(warmed) < 2 * AROUND:
        raise SystemExit("bench: the run is too short to tell whether memory grows; ask for more --requests")
    return median(warmed[-AROUND:]) - median(warmed[:AROUND])


def rows(readings: list[Reading], parts: int = 5) -> list[tuple[str, ...]]:
    """Some of the readings, evenly spread."""
    chosen = [readings[0], *(readings[(len(readings) - 1) * part // parts] for part in range(1, parts + 1))]
    shares = [(after.cpu_s - before.cpu_s) / (after.at_s - before.at_s) for before, after in pairwise(chosen)]
    first = readings[0].requests
    return [
        (f"{reading.requests - first:,}", f"{reading.own_mb:.1f} MB", f"{reading.files_mb:.0f} MB", f"{share:.0%}")
        for reading, share in zip(chosen[1:], shares, strict=True)
    ]


def run(options: Namespace) -> tuple[list[Reading], tuple[float, float], int]:
    """The readings, the bytes of a sample and an ack, and how many samples there are."""
    generator, core = cores()
    step_aside()
    lasts_s = options.requests / REQUESTS_EACH / options.rate
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), core) as there:
        to, phases, around = target(f"http://127.0.0.1:{there.port}"), [(lasts_s, options.rate)], {"BENCH_ONCE": "1"}
        with crowd(to, "bench-journey", phases, core=generator, folder=Path(name), environment=around) as made:
            readings = follow(made, there)
            return readings, made.bytes_each(), len(made.samples())


def main() -> None:
    """Prints the table, how the goals stand, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--requests", type=int, default=2_000_000)
    made.add_argument("--rate", type=float, default=2500.0, help="journeys per second; less than the core can do")
    options = made.parse_args()
    readings, (sample, ack), samples = run(options)
    grown_mb = growth_mb(readings)
    kept_up = samples >= ENOUGH * options.requests
    print(f"memory of a load process over {samples:,} requests")
    if not kept_up:
        print(f"only {samples:,} of {options.requests:,}: the core could not keep up; ask for a lower --rate")
    show(options.page, "memory", HEAD, rows(readings))
    show(options.page, "disk", ("record", "bytes on disk"), [("sample", f"{sample:.1f}"), ("ack", f"{ack:.1f}")])
    report(options.page, {"memory": grown_mb if kept_up else None, "disk": sample})
    print(json.dumps({"bench": "memory", "requests": samples, "growth_mb": round(grown_mb, 2), "sample_bytes": sample, "ack_bytes": ack}))


if __name__ == "__main__":
    main()
