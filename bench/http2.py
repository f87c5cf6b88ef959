"""The engine over HTTP/2, against k6 over HTTP/2 and against itself over HTTP/1.1, all over TLS: requests per CPU-second, as ratios.

    python -m bench.http2 [--rounds 3] [--seconds 2] [--works post,json,journey] [--write]

The works, the cores and the counting are those of `bench.speed`; the stub agrees to HTTP/2 and to HTTP/1.1. k6's users have a connection
each, as the engine's customers have. Rounds are interleaved, and a ratio is always of figures of one round.
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
from bench.kit.stub import stub
from bench.speed import WORKS, measure_one

ENGINE, HTTP1, K6 = "engine, HTTP/2", "engine, HTTP/1.1", "k6, HTTP/2"
HEAD = ("work over TLS", "generator", "requests per CPU-second", "the engine over HTTP/2 is", "spread", "its core busy", "the stub's")

Figures = dict[tuple[str, str], list[Window]]


def ratios(figures: Figures, work: str, other: str) -> list[float]:
    """How many times the other's figure the engine makes over HTTP/2, round by round."""
    return [ours.per_cpu_s / their.per_cpu_s for ours, their in zip(figures[work, ENGINE], figures[work, other], strict=True)]


def rows(figures: Figures) -> list[tuple[str, ...]]:
    """The table's."""
    found = []
    for (work, name), windows in figures.items():
        shares = [] if name == ENGINE else ratios(figures, work, name)
        figure = f"{median(each.per_cpu_s for each in windows):,.0f}"
        busy = [f"{median(busy):.0%}" for busy in ([each.share for each in windows], [each.stub_share for each in windows])]
        found.append((work, name, figure, f"{middle(shares)} ×" if shares else "", spread(shares) if shares else "", *busy))
    return found


def main() -> None:
    """Prints the table, how the goal stands, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=2.0)
    made.add_argument("--works", type=lambda text: text.split(","), default=list(WORKS))
    options = made.parse_args()
    generator, core = cores()
    step_aside()
    there = peers()
    engine, k6 = there["engine"], there["k6"]
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), core, tls=True) as target:
        ways = {ENGINE: (engine, True), HTTP1: (engine, False)} | ({} if k6.missing() else {K6: (k6, True)})
        for _ in range(options.rounds):
            for work in options.works:
                for way, (peer, http2) in ways.items():
                    job = Job(work, target, generator, Path(name), tls=True, http2=http2)
                    figures.setdefault((work, way), []).append(measure_one(peer, job, options.seconds))
    print(f"HTTP/2, {options.rounds} rounds of {options.seconds:g} s{f'; no k6: {k6.missing()}' if k6.missing() else ''}")
    show(options.page, "http2", HEAD, rows(figures))
    report(options.page, {"http2-k6": median(ratios(figures, "json", K6)) if ("json", K6) in figures else None})
    told = {f"{work} {name}": [round(each.per_cpu_s) for each in windows] for (work, name), windows in figures.items()}
    print(json.dumps({"bench": "http2", "seconds": options.seconds, "requests_per_cpu_s": told}))


if __name__ == "__main__":
    main()
