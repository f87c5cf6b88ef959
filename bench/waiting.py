"""A hundred thousand customers who think at once: bytes for each, and what their waiting costs a request of the others.

    python -m bench.waiting [--rounds 3] [--seconds 4] [--few 1000] [--many 100000] [--rate 4000] [--write]

Few and many ask at the same rate, so the many think longer. The bytes are the difference of the process's anonymous memory, divided by
the difference of the numbers; everything that comes with a customer counts (arrival, journey, session, timer).
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.kit.crowd import crowd, target
from bench.kit.goals import report
from bench.kit.measuring import Job, look
from bench.kit.page import middle, parser, show, spread
from bench.kit.processes import cores, memory_mb, step_aside
from bench.kit.stub import stub

COME_PER_S = 10_000.0
WARM_S = 1.5
FOR_LONG_S = 3600.0
"""Who would ask again after the end leaves at once, so the end is far; the bench ends it."""

HEAD = ("customers thinking", "requests per second", "CPU per request", "its core busy", "memory of the process")


@dataclass(frozen=True)
class Seen:
    """One crowd, once."""

    customers: int
    requests_per_s: float
    cpu_us: float
    share: float
    memory_mb: float


def seen(job: Job, rate: float, seconds: float) -> Seen:
    """So many customers who together ask at that rate."""
    come_s = max(0.5, job.customers / COME_PER_S)
    phases = [(come_s, job.customers / come_s), (FOR_LONG_S, 0.0)]
    around = {"BENCH_THINK": str(job.customers / rate)}
    with crowd(
        target(job.base), "bench-waiting", phases, core=job.core, folder=job.folder, customers=job.customers, environment=around
    ) as made:
        window = look(made.process, job.stub, warm_s=WARM_S, seconds=seconds, begin=made.all_there)
        customers = made.customers()
        own_mb, _files_mb = memory_mb(made.process.pid)
    return Seen(customers, window.requests / window.lasted_s, window.cpu_s / window.requests * 1e6, window.share, own_mb)


def row(rounds: list[Seen]) -> tuple[str, ...]:
    """Medians of all rounds."""
    return (
        f"{median(each.customers for each in rounds):,.0f}",
        f"{median(each.requests_per_s for each in rounds):,.0f}",
        f"{median(each.cpu_us for each in rounds):.1f} µs",
        f"{median(each.share for each in rounds):.0%}",
        f"{median(each.memory_mb for each in rounds):.0f} MB",
    )


def main() -> None:
    """Prints the table, how the goals stand, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=4.0)
    made.add_argument("--few", type=int, default=1000)
    made.add_argument("--many", type=int, default=100_000)
    made.add_argument("--rate", type=float, default=4000.0)
    options = made.parse_args()
    generator, core = cores()
    step_aside()
    rounds: list[tuple[Seen, Seen]] = []
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), core) as there:
        for _ in range(options.rounds):
            few, many = (
                seen(Job("post", there, generator, Path(name), customers=number), options.rate, options.seconds)
                for number in (options.few, options.many)
            )
            rounds.append((few, many))
    each_bytes = [(many.memory_mb - few.memory_mb) * (1 << 20) / (many.customers - few.customers) for few, many in rounds]
    dearer = [many.cpu_us / few.cpu_us for few, many in rounds]
    print(f"customers thinking at once, {options.rounds} rounds of {options.seconds:g} s")
    show(options.page, "waiting", HEAD, [row([few for few, _ in rounds]), row([many for _, many in rounds])])
    rows = [
        ("bytes for each", middle(each_bytes, "{:.0f}"), spread(each_bytes, "{:.0f}")),
        ("CPU per request, many against few", f"{middle(dearer)} ×", spread(dearer)),
    ]
    show(options.page, "waiting costs", ("of the many", "median", "least to most"), rows)
    report(options.page, {"customer": median(each_bytes), "timers": median(dearer)} if options.many == 100_000 else {})
    told = {"bytes_each": [round(value) for value in each_bytes], "cpu_ratio": [round(value, 3) for value in dearer]}
    print(json.dumps({"bench": "waiting", **told}))


if __name__ == "__main__":
    main()
