"""The latency that a generator adds by itself: what each reports of a target that answers in less than 0.1 ms, at a fixed rate.

    python -m bench.latency [--rounds 3] [--seconds 4] [--rate 2000] [--write]

FastHttpUser paces 20 requests a second per user (`constant_throughput`), k6 uses `constant-arrival-rate` with 100 users, the engine's
customers arrive at random. The first row is a bare blocking socket that asks one thing after the other: the target's own share.
"""

import http.client
import json
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.kit.fixed_rate import QUANTILES, Pace, Told, engine, fast_http_user, k6, quantiles
from bench.kit.goals import report
from bench.kit.measuring import Job
from bench.kit.page import parser, show, spread
from bench.kit.peers import found
from bench.kit.processes import cores, step_aside
from bench.kit.stub import Stub, stub

K6_USERS = 100
P99 = QUANTILES.index(0.99)
WARM_S = 1.0
BARE_REQUESTS = 2000
HEAD = ("generator", *(f"p{quantile * 100:g}" if quantile < 1 else "max" for quantile in QUANTILES), "p99, least to most")


def bare(there: Stub) -> Told:
    """One connection, one request after the other, from the target's core: nothing but the target and the system."""
    latencies = []
    talk = http.client.HTTPConnection("127.0.0.1", there.port, timeout=10)
    for _ in range(BARE_REQUESTS):
        began = time.perf_counter()
        talk.request("GET", "/v1/zone")
        talk.getresponse().read()
        latencies.append((time.perf_counter() - began) * 1000)
    talk.close()
    return Told("a bare socket", BARE_REQUESTS, quantiles(latencies))


def round_of(job: Job, pace: Pace) -> list[Told]:
    """All of them once."""
    kept = engine(job, pace)
    told = [bare(job.stub), Told("engine", len(kept.latency_ms), quantiles(kept.latency_ms)), fast_http_user(job, pace)]
    if found("k6"):
        told.append(k6(job, pace, K6_USERS))
    return told


def rows(rounds: list[list[Told]]) -> list[tuple[str, ...]]:
    """The medians of all rounds."""
    made = []
    for named in zip(*rounds, strict=True):
        middles = [f"{median(told.latency_ms[place] for told in named):.2f} ms" for place in range(len(QUANTILES))]
        made.append((named[0].name, *middles, spread([told.latency_ms[P99] for told in named])))
    return made if found("k6") else [*made, ("k6", "not there", *[""] * len(QUANTILES))]


def main() -> None:
    """Prints the table, how the goal stands, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=4.0)
    made.add_argument("--rate", type=float, default=2000.0)
    options = made.parse_args()
    generator, target = cores()
    step_aside()
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), target) as there:
        pace = Pace(options.rate, options.seconds, WARM_S)
        rounds = [round_of(Job("post", there, generator, Path(name)), pace) for _ in range(options.rounds)]
    print(f"latency as reported, at {options.rate:g}/s, {options.rounds} rounds of {options.seconds:g} s")
    show(options.page, "latency", HEAD, rows(rounds))
    p99 = {told[0].name: median(each.latency_ms[P99] for each in told) for told in zip(*rounds, strict=True)}
    report(options.page, {"added": p99["engine"]} if options.rate == 2000 else {})
    print(json.dumps({"bench": "latency", "rate": options.rate, "p99_ms": {name: round(value, 3) for name, value in p99.items()}}))


if __name__ == "__main__":
    main()
