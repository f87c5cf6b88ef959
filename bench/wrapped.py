"""What it costs the engine that answers come packed, over TLS, or with a cookie each: the same claims, as shares of plain ones.

    python -m bench.wrapped [--rounds 5] [--seconds 2] [--write]

The work is `json` of `bench.speed`: a claim's body built, its answer parsed, sample and ack recorded. Rounds are interleaved, and a ratio
is always of figures of one round.
"""

import json
import tempfile
from pathlib import Path
from statistics import median

from bench.kit.goals import report
from bench.kit.measuring import Job, Window
from bench.kit.page import middle, parser, show, spread
from bench.kit.peers import peers
from bench.kit.processes import cores, step_aside
from bench.kit.stub import COOKIES, GZIP, stub
from bench.speed import measure_one

PLAIN = "plain"
WAYS: dict[str, dict[str, str | bool]] = {
    PLAIN: {},
    "answers packed by gzip": {"path": GZIP},
    "over TLS": {"tls": True},
    "a cookie set by each answer, and sent with each request": {"path": COOKIES},
}
HEAD = ("claims", "requests per CPU-second", "of plain", "spread")
_GOALS = {"gzip": "answers packed by gzip", "tls": "over TLS"}


def row(way: str, windows: list[Window], shares: list[float]) -> tuple[str, ...]:
    """Its line in the table."""
    figure = f"{median(each.per_cpu_s for each in windows):,.0f}"
    return (way, figure, "", "") if way == PLAIN else (way, figure, f"{middle(shares)} ×", spread(shares))


def main() -> None:
    """Prints the table, how the goals stand, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--seconds", type=float, default=2.0)
    options = made.parse_args()
    generator, core = cores()
    step_aside()
    engine, figures = peers()["engine"], {way: list[Window]() for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), core, tls=True) as there:
        for _ in range(options.rounds):
            for way, how in WAYS.items():
                job = Job("json", there, generator, Path(name), **how)  # type: ignore[arg-type]  # two of its fields
                figures[way].append(measure_one(engine, job, options.seconds))
    shares = {
        way: [each.per_cpu_s / plain.per_cpu_s for each, plain in zip(windows, figures[PLAIN], strict=True)]
        for way, windows in figures.items()
    }
    print(f"claims of the engine, {options.rounds} rounds of {options.seconds:g} s")
    show(options.page, "wrapped", HEAD, [row(way, windows, shares[way]) for way, windows in figures.items()])
    report(options.page, {goal: median(shares[way]) for goal, way in _GOALS.items()})
    print(json.dumps({"bench": "wrapped", "shares": {way: [round(share, 3) for share in found] for way, found in shares.items()}}))


if __name__ == "__main__":
    main()
