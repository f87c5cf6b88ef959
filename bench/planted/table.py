"""The table of planted bugs, for people."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from bench.kit.page import replaced
from bench.planted.bug import Bug
from bench.planted.outcome import CLEAN, Outcome

README = Path(__file__).resolve().parent.parent.parent / "README.md"
PAGE = README.parent / "docs" / "truth.md"
_ROW = re.compile(r"^\| ([a-z0-9-]+) \|" + r" (.*?) \|" * 4 + "$", re.MULTILINE)
_CLEAN_RUNS = re.compile(r"(\d+) false alarms in (\d+) clean runs")


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many of the bugs that were rehearsed were found, and how often a clean world raised an alarm."""
    run = [outcome for outcome in outcomes if outcome.verdict != "not run"]
    bugs = [outcome for outcome in run if outcome.bug.kind != CLEAN]
    clean = [outcome for outcome in run if outcome.bug.kind == CLEAN]
    count = Counter(outcome.verdict for outcome in bugs)
    share = f" ({count['killed'] / len(bugs):.0%})" if bugs else ""
    alarms = sum(outcome.verdict == "alarm" for outcome in clean)
    left = sum(outcome.verdict == "not run" and outcome.bug.kind != CLEAN for outcome in outcomes)
    earlier = sum(outcome.earlier for outcome in run)
    return (
        f"{count['killed']} of {len(bugs)} planted bugs killed{share}, {count['elsewhere']} failed for another reason, "
        f"{count['invalid'] + count['broken']} INVALID, {count['survived']} survived{f', {left} not run' if left else ''}; "
        f"{alarms} false alarms in {len(clean)} clean runs"
        + (f"; {earlier} of these {len(run)} runs were rehearsed with an earlier tree" if earlier else "")
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """A row a bug."""
    rows = ["| bug | kind | hurts | came to | by |", "|---|---|---|---|---|"]
    rows += [
        f"| {outcome.bug.name} | {outcome.bug.kind} | {outcome.bug.hurts} | {outcome.verdict} | {outcome.by or outcome.bug.gap or '–'} |"
        for outcome in sorted(outcomes, key=lambda outcome: outcome.bug.name)
        if outcome.bug.kind != CLEAN
    ]
    return "\n".join(rows)


def told_before(page: str, bugs: Collection[Bug]) -> list[Outcome]:
    """What the page says of these bugs, and of clean runs; a bug that has no row there was not run."""
    rows = {name: (verdict, by) for name, _, _, verdict, by in re.findall(_ROW, page)}
    found = {bug: rows.get(bug.name, ("not run", "")) for bug in bugs}
    outcomes = [Outcome(bug, "", verdict, "" if verdict != "killed" else by, earlier=True) for bug, (verdict, by) in found.items()]
    counted = re.search(_CLEAN_RUNS, page)
    alarms, clean = map(int, counted.groups()) if counted else (0, 0)
    ends = ["alarm"] * alarms + ["clean"] * (clean - alarms)
    return outcomes + [Outcome(Bug.clean("before", number), "", end, "", earlier=True) for number, end in enumerate(ends, 1)]


def written(rows: str, last: str) -> None:
    """Puts the table and its last line into the page, and the last line into the README."""
    PAGE.write_text(replaced(replaced(PAGE.read_text("utf-8"), "planted", rows), "summary", last), "utf-8")
    README.write_text(replaced(README.read_text("utf-8"), "planted", f"{last} ([docs/truth.md](docs/truth.md))."), "utf-8")
