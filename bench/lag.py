"""How late the engine sends: send lag (sent - ready, the wait for a connection apart) at fixed rates, and near its measured ceiling.

    python -m bench.lag [--rounds 3] [--seconds 3] [--rates 2000,20000] [--write]

Customers arrive at random, each makes one POST and goes. The ceiling is the most that was answered in any second of a ramp that goes beyond
what the core can do; half and 80 % of it are then measured like the other rates.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from bench.kit.fixed_rate import RAMP, Kept, Pace, ceiling, engine
from bench.kit.goals import report
from bench.kit.measuring import Job
from bench.kit.page import parser, show, spread
from bench.kit.processes import cores, step_aside
from bench.kit.stub import stub

WARM_S = 1.0
HEAD = ("load", "intended per second", "answered per second", "its core busy", "others on it", "lag p50", "p99", "p99 of the rounds", "max")


@dataclass(frozen=True)
class Line:
    """One load, all its rounds."""

    name: str
    rate: float
    rounds: list[Kept]

    @property
    def share(self) -> float:
        """Of a core, that this rate takes; of one that it has not kept up with, what it would take."""
        return median(self.rate / kept.window.per_cpu_s for kept in self.rounds)

    @property
    def answered(self) -> float:
        """Requests per second."""
        return median(kept.window.requests / kept.window.lasted_s for kept in self.rounds)

    @property
    def p99s_ms(self) -> list[float]:
        """Of each round."""
        return [float(np.quantile(kept.lag_ms, 0.99)) for kept in self.rounds]

    def row(self) -> tuple[str, ...]:
        """Its line in the table."""
        p50 = median(float(np.quantile(kept.lag_ms, 0.5)) for kept in self.rounds)
        most = max(float(kept.lag_ms.max()) for kept in self.rounds)
        return (
            self.name,
            f"{self.rate:,.0f}",
            f"{self.answered:,.0f}",
            f"{median(kept.window.share for kept in self.rounds):.0%}",
            f"{median(kept.kept_off for kept in self.rounds):.0%}",
            f"{p50:.2f} ms",
            f"{median(self.p99s_ms):.2f} ms",
            f"{spread(self.p99s_ms)} ms",
            f"{most:.1f} ms",
        )


def main() -> None:
    """Prints the table, how the goals stand, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=3.0)
    made.add_argument("--rates", type=lambda text: [float(rate) for rate in text.split(",")], default=[2000.0, 20000.0])
    options = made.parse_args()
    generator, target = cores()
    step_aside()
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name, stub(Path(name), target) as there:
        job = Job("post", there, generator, Path(name))

        def line(called: str, rate: float) -> Line:
            return Line(called, rate, [engine(job, Pace(rate, options.seconds, WARM_S)) for _ in range(options.rounds)])

        lines = [line("fixed", rate) for rate in options.rates]
        expected = lines[-1].rate / lines[-1].share
        most = ceiling(job, expected)
        near = [line(f"{part:.0%} of the ceiling", part * most) for part in (0.5, 0.8)]
    print(f"send lag, {options.rounds} rounds of {options.seconds:g} s")
    ramp = ("a ramp, its best second", f"to {RAMP[1] * expected:,.0f}", f"{most:,.0f}", *[""] * (len(HEAD) - 3))
    show(options.page, "lag", HEAD, [*(each.row() for each in lines), ramp, *(each.row() for each in near)])
    figures: dict[str, float | None] = {}
    for each in lines:
        if each.rate in (2000, 20000):
            figures |= {f"lag-{each.rate:.0f}": median(each.p99s_ms), f"share-{each.rate:.0f}": each.share}
    figures |= {"lag-half": median(near[0].p99s_ms), "lag-most": median(near[1].p99s_ms)}
    report(options.page, figures)
    told = {f"{each.name} {each.rate:.0f}": [round(value, 3) for value in each.p99s_ms] for each in [*lines, *near]}
    print(json.dumps({"bench": "lag", "ceiling_per_s": round(most), "lag_p99_ms": told}))


if __name__ == "__main__":
    main()
