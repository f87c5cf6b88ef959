"""The crowd engine against its peers, doing the same work: requests per CPU-second of the generator, as ratios.

    python -m bench.speed [--rounds 3] [--seconds 2] [--works post,json,journey] [--peers wrk,k6] [--write]

Each generator has one core and the target, HAProxy answering fixed JSON, the other. What is counted is what the target has answered and
the CPU of the generator's whole process tree, over the same window for all. Rounds are interleaved, and a ratio is always of figures of
one round, so a machine that gets slower or faster changes both sides alike.
"""

import json
import tempfile
from argparse import Namespace
from pathlib import Path
from statistics import median

from bench.kit.goals import report
from bench.kit.measuring import Job, Window, look
from bench.kit.page import middle, parser, show, spread
from bench.kit.peers import Peer, peers
from bench.kit.processes import cores, step_aside
from bench.kit.stub import stub

WORKS = {
    "post": "a POST of fixed bytes",
    "json": "a POST, its JSON built and the answer's parsed",
    "journey": "the flash-sale journey: nine requests, two with a key of their own",
}
WARM_S = 1.0
HEAD = ("generator", "requests per CPU-second", "the engine is", "spread", "its core busy", "the stub's")

Figures = dict[tuple[str, str], list[Window]]


def measure_one(peer: Peer, job: Job, seconds: float, warm_s: float = WARM_S) -> Window:
    """One generator, once."""
    with peer.start(job) as running:
        window = look(running.process, job.stub, warm_s=warm_s, seconds=seconds, begin=running.begun)
        running.confirm(window)
    return window


def measure(chosen: dict[str, Peer], options: Namespace) -> Figures:
    """All works and generators, round by round."""
    generator, target = cores()
    step_aside()
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), target) as there:
        for _ in range(options.rounds):
            for work in options.works:
                for peer in chosen.values():
                    if work in peer.works and not peer.missing():
                        window = measure_one(peer, Job(work, there, generator, Path(name)), options.seconds)
                        figures.setdefault((work, peer.name), []).append(window)
    return figures


def ratios(figures: Figures, work: str, peer: str) -> list[float]:
    """How many times the peer's figure the engine makes, round by round; empty where the peer was not measured."""
    theirs = figures.get((work, peer), [])
    return [ours.per_cpu_s / other.per_cpu_s for ours, other in zip(figures[work, "engine"], theirs, strict=bool(theirs))]


def table(figures: Figures, work: str, chosen: dict[str, Peer]) -> list[tuple[str, ...]]:
    """Rows of one work, the fastest first; what is missing comes last, by name."""
    there = sorted((name for at, name in figures if at == work), key=lambda name: -median(each.per_cpu_s for each in figures[work, name]))
    rows = [_row(figures, work, name) for name in there]
    missing = [peer for peer in chosen.values() if work in peer.works and peer.missing()]
    return [*rows, *((peer.name, "not there", peer.missing(), "", "", "") for peer in missing)]


def _row(figures: Figures, work: str, name: str) -> tuple[str, ...]:
    windows, found = figures[work, name], ratios(figures, work, name)
    ours = name == "engine"
    return (
        f"**{name}**" if ours else name,
        f"{median(each.per_cpu_s for each in windows):,.0f}",
        "" if ours else f"{middle(found)} ×",
        "" if ours else spread(found),
        f"{median(each.share for each in windows):.0%}",
        f"{median(each.stub_share for each in windows):.0%}",
    )


def goals(figures: Figures) -> dict[str, float | None]:
    """The figures that were promised, as far as they were measured."""
    wanted = {
        f"{work}-{short}": ratios(figures, work, peer)
        for work, peers_of in {
            "post": {"fast": "FastHttpUser", "wrk": "wrk"},
            "json": {"fast": "FastHttpUser", "k6": "k6"},
            "journey": {"fast": "FastHttpUser", "k6": "k6"},
        }.items()
        if (work, "engine") in figures
        for short, peer in peers_of.items()
    }
    return {name: median(values) for name, values in wanted.items() if values}


def main() -> None:
    """Prints a table for each work, how the goals stand, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=2.0)
    made.add_argument("--works", type=lambda text: text.split(","), default=list(WORKS))
    made.add_argument("--peers", type=lambda text: ["engine", *text.split(",")], help="only these beside the engine")
    options = made.parse_args()
    chosen = {name: peer for name, peer in peers().items() if options.peers is None or name in options.peers}
    figures = measure(chosen, options)
    for work in options.works:
        print(f"{WORKS[work]}: {options.rounds} rounds of {options.seconds:g} s")
        show(options.page, f"speed {work}", HEAD, table(figures, work, chosen))
    report(options.page, goals(figures))
    told = {f"{work} {name}": [round(each.per_cpu_s) for each in windows] for (work, name), windows in figures.items()}
    print(json.dumps({"bench": "speed", "seconds": options.seconds, "requests_per_cpu_s": told}))


if __name__ == "__main__":
    main()
