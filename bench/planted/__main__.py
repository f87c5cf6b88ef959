"""Plants small bugs in copies of the embedded world, one at a time, and counts which of them the judge finds.

    python -m bench.planted [NAME ...] [--clean SCENARIO=N] [--at-once N] [--kept] [--write]

What was rehearsed already is not rehearsed again, unless the bug or the tree has changed. `killed` is a FAIL by a finding
that names the cause. With --write the table goes into docs/truth.md, and its last line into README.md; where only some bugs are named,
the others keep the rows that they have there, and clean runs are added to those that were told.
"""

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.planted.bug import Bug, read_bugs
from bench.planted.outcome import Outcome, told
from bench.planted.rehearsing import Rehearsed, kept_of, rehearsed
from bench.planted.table import PAGE, README, summary, table, told_before, written

AT_ONCE = 2


def main() -> int:
    """Rehearses, prints a line a bug, and the count; the exit code is 1 where a clean world raised an alarm."""
    bugs = read_bugs()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only the bug of this name, or those whose names begin so")
    parser.add_argument(
        "--clean", type=_clean, default=[], action="extend", metavar="SCENARIO=N", help="rehearse the clean world so often as well"
    )
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help=f"so many rehearsals at a time (default: {AT_ONCE})")
    parser.add_argument("--kept", action="store_true", help="rehearse nothing: judge what is kept, whatever has changed in the world since")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name} and its last line into {README.name}")
    options = parser.parse_args()
    chosen = _chosen(bugs, options.names)
    if not chosen:
        parser.error(f"there is no such bug; there are: {', '.join(bug.name for bug in bugs)}")
    with ThreadPoolExecutor(options.at_once) as pool:
        outcomes = list(pool.map(partial(_shown, kept_of if options.kept else rehearsed), [*chosen, *options.clean]))
    print(f"\n{summary(outcomes)}")
    if options.write:
        every = outcomes if len(chosen) == len(bugs) else [*outcomes, *told_before(PAGE.read_text("utf-8"), set(bugs) - set(chosen))]
        written(table(every), summary(every))
        print(f"written: docs/{PAGE.name}, {README.name}")
    return 1 if any(outcome.verdict == "alarm" for outcome in outcomes) else 0


def _clean(text: str) -> list[Bug]:
    """So many runs of a scenario without a bug: `smoke=30`."""
    scenario, _, count = text.partition("=")
    return [Bug.clean(scenario, number) for number in range(1, int(count) + 1)]


def _chosen(bugs: list[Bug], names: list[str]) -> list[Bug]:
    """All where none is named; a bug's whole name means it alone."""
    whole = {bug.name for bug in bugs} & set(names)
    beginnings = tuple(set(names) - whole)
    return [bug for bug in bugs if not names or bug.name in whole or (beginnings and bug.name.startswith(beginnings))]


def _shown(find: Callable[[Bug], Rehearsed], bug: Bug) -> Outcome:
    found = find(bug)
    outcome = told(bug, found)
    print(f"{outcome.verdict:<12} {bug.name:<40} {outcome.by or found.sentence}", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main() if Path("mock_bank").is_dir() else "run it from the checkout")
