"""The flash-sale journey with thousands of customers who think between their questions: the engine against FastHttpUser, as ratios.

    python -m bench.thinking [--rounds 3] [--seconds 3] [--customers 8000] [--think 0.25] [--write]

The pauses are log-normal, with the median given and a 95th percentile of three medians; both generators have the same. Requests per
CPU-second of the whole process tree, as in `bench.speed`.
"""

import json
import tempfile
from pathlib import Path

from bench.kit.goals import report
from bench.kit.measuring import Job
from bench.kit.page import middle, parser, show
from bench.kit.peers import peers
from bench.kit.processes import cores, step_aside
from bench.kit.stub import stub
from bench.speed import HEAD, Figures, measure_one, ratios, table

WARM_S = 4.0
"""After Locust has made all its users, which takes it some seconds; the engine's have all come after two."""


def main() -> None:
    """Prints the table, how the goal stands, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=3.0)
    made.add_argument("--customers", type=int, default=8000)
    made.add_argument("--think", type=float, default=0.25)
    options = made.parse_args()
    chosen = {name: peers()[name] for name in ("engine", "FastHttpUser")}
    generator, target = cores()
    step_aside()
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), target) as there:
        job = Job("journey", there, generator, Path(name), customers=options.customers, think_s=options.think)
        for _ in range(options.rounds):
            for peer in chosen.values():
                figures.setdefault(("journey", peer.name), []).append(measure_one(peer, job, options.seconds, WARM_S))
    print(f"the flash-sale journey, {options.customers} customers thinking {options.think:g} s, {options.rounds} rounds")
    show(options.page, "thinking", HEAD, table(figures, "journey", chosen))
    found = ratios(figures, "journey", "FastHttpUser")
    report(options.page, {"thinking-fast": float(middle(found))} if options.customers == 8000 else {})
    print(json.dumps({"bench": "thinking", "ratios": [round(value, 2) for value in found]}))


if __name__ == "__main__":
    main()
