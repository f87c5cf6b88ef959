"""Judging and drawing a large run from its folder alone, on one core: how long, how much memory.

    python -m bench.judging [--samples 5000000] [--acks 500000] [--rounds 3] [--write]

The folder is written by arrays (`bench/kit/big_run.py`): ten minutes with the loss of the primary, every effect with its ack and its rows
in the read-back. Each round is a process of its own, so that importing counts too.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.kit.big_run import big_run
from bench.kit.goals import report
from bench.kit.page import middle, parser, show, spread
from bench.kit.processes import cores

HEAD = ("5 million samples, 500,000 acks", "median", "least to most")
PROGRAM = "import sys, pathlib, reports; print(reports.conclude_run(pathlib.Path(sys.argv[1])).word)"


@dataclass(frozen=True)
class Round:
    """What one judging took."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    word: str


def judged(folder: Path, core: int) -> Round:
    """Judges and draws it in a process of its own, pinned to that core."""
    began = time.perf_counter()
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))  # noqa: PLW1509 - this process has one thread
    word = (process.stdout.read() if process.stdout else "").strip()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"bench: judging failed with exit code {os.waitstatus_to_exitcode(status)}")
    kilobytes = 1 if sys.platform == "darwin" else 1024
    return Round(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * kilobytes / 1e6, word)


def main() -> None:
    """Prints the table, how the goals stand, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--samples", type=int, default=5_000_000)
    made.add_argument("--acks", type=int, default=500_000)
    made.add_argument("--rounds", type=int, default=3)
    options = made.parse_args()
    with tempfile.TemporaryDirectory(prefix="stormdrill-bench-") as name:
        folder = big_run(Path(name), options.samples, options.acks).folder
        rounds = [judged(folder, cores()[0]) for _ in range(options.rounds)]
    columns = {"from start to end": [one.wall_s for one in rounds], "of it computing": [one.cpu_s for one in rounds]}
    rows = [(what, f"{middle(values)} s", spread(values)) for what, values in columns.items()]
    memory = [one.memory_mb for one in rounds]
    rows.append(("memory at its most", f"{middle(memory, '{:.0f}')} MB", spread(memory, "{:.0f}")))
    print(f"judging {options.samples:,} samples and {options.acks:,} acks: {', '.join(sorted({one.word for one in rounds}))}")
    show(options.page, "judging", HEAD, rows)
    report(options.page, {"judging": float(middle(columns["of it computing"])), "judging-memory": float(middle(memory, "{:.0f}"))})
    print(json.dumps({"bench": "judging", **{name: round(float(middle(values)), 2) for name, values in columns.items()}}))


if __name__ == "__main__":
    main()
