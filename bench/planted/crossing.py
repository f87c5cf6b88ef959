"""Each weakness against the drills that are made for the others: does it fail its own, and its own alone?

    python -m bench.planted.crossing NAME ... [--drills DRILL,DRILL] [--at-once N]

A weakness is a planted bug that names a drill. Each is planted in a copy of the tree, and the drills of all that are named are run there,
one after the other; those of `--drills` besides. A series that is cut short, or a drill that proves nothing, is told as it is. Each one's
runs are kept in `runs/crossing/`.
"""

import argparse
import shutil
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from bench.planted.bug import Bug, read_bugs
from bench.planted.rehearsing import ROOT, planted_tree

KEPT = ROOT / "runs" / "crossing"
_LONGEST_S = 100.0  # a drill and what is around it


@dataclass(frozen=True, slots=True)
class Crossed:
    """What the drills came to in a world with a weakness."""

    bug: Bug
    words: dict[str, str]  # by drill: PASS, FAIL, INVALID, or why it was not run
    failed: dict[str, tuple[str, ...]]  # by drill that failed: the findings that did
    said: str = ""  # the last word of a series that came to nothing

    @property
    def verdict(self) -> str:
        """exactly: its own drill fails, and no other; elsewhere: others too; survived: its own does not; unclear: one proved nothing."""
        if not self.words or "FAIL" != self.words.get(self.bug.drill) != "PASS":
            return "unclear"
        if self.words[self.bug.drill] == "PASS":
            return "survived"
        others = {word for drill, word in self.words.items() if drill != self.bug.drill}
        return "exactly" if others <= {"PASS"} else "elsewhere" if "FAIL" in others else "unclear"

    def row(self) -> str:
        """For people."""
        told = [f"{drill}: {', '.join(self.failed.get(drill, (word,)))}" for drill, word in self.words.items() if word != "PASS"]
        return f"| {self.bug.name} | {self.bug.drill} | {self.verdict} | {'; '.join(told) or self.said or '–'} |"


def main() -> int:
    """Rehearses, prints a row a weakness; the exit code is 1 where one did not fail exactly its own drill."""
    bugs = {bug.name: bug for bug in read_bugs() if bug.drill}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME", choices=sorted(bugs), help="a planted bug that names a drill")
    parser.add_argument("--drills", default="", metavar="DRILL,DRILL", help="drills besides those of the weaknesses that are named")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="so many series at a time (default: 1)")
    options = parser.parse_args()
    drills = sorted({bugs[name].drill for name in options.names} | set(filter(None, options.drills.split(","))))
    print("| weakness | its drill | came to | what did not pass |\n|---|---|---|---|", flush=True)
    with ThreadPoolExecutor(options.at_once) as pool:
        crossed = list(pool.map(partial(_shown, drills), [bugs[name] for name in options.names]))
    return 0 if all(one.verdict == "exactly" for one in crossed) else 1


def _shown(drills: Sequence[str], bug: Bug) -> Crossed:
    crossed = _crossed(drills, bug)
    print(crossed.row(), flush=True)
    return crossed


def _crossed(drills: Sequence[str], bug: Bug) -> Crossed:
    kept = KEPT / bug.name
    with planted_tree(bug) as tree:
        said = tree.stormdrill("drill", "all", "--only", ",".join(drills), within_s=_LONGEST_S * len(drills))
        series = next(tree.runs.glob("*-drill-all"), None)
        shutil.rmtree(kept, ignore_errors=True)
        if series is None:
            return Crossed(bug, {}, {}, said)
        shutil.copytree(series, kept, symlinks=True)
    return told(bug, orjson.loads((kept / "drills.json").read_bytes())["drills"], kept)


def told(bug: Bug, results: Iterable[dict[str, str | None]], folder: Path) -> Crossed:
    """What a series' own figures say, and the findings of the runs that failed, which lie in its folder."""
    words = {str(one["drill"]): str(one["verdict"] or one["sentence"]) for one in results}
    failed = {drill: _failed(next(folder.glob(f"*-drill-{drill}"))) for drill, word in words.items() if word == "FAIL"}
    return Crossed(bug, words, failed)


def _failed(run: Path) -> tuple[str, ...]:
    findings = orjson.loads((run / "verdict.json").read_bytes())["findings"]
    return tuple(finding["id"] for finding in findings if finding["status"] == "FAIL")


if __name__ == "__main__":
    sys.exit(main() if Path("mock_bank").is_dir() else "run it from the checkout")
