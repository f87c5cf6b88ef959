"""The table of planted bugs, for people."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.kit.page import replaced
from bench.planted.outcome import CLEAN, Outcome

README = Path(__file__).resolve().parent.parent.parent / "README.md"
PAGE = README.parent / "docs" / "truth.md"


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
        + (f"; {earlier} of these {len(run)} runs were rehearsed with an earlier tree, and judged by this one" if earlier else "")
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """A row a bug."""
    rows = ["| bug | kind | hurts | came to | by |", "|---|---|---|---|---|"]
    rows += [
        f"| {outcome.bug.name} | {outcome.bug.kind} | {outcome.bug.hurts} | {outcome.verdict} | {outcome.by or outcome.bug.gap or '–'} |"
        for outcome in outcomes
        if outcome.bug.kind != CLEAN
    ]
    return "\n".join(rows)


def written(rows: str, last: str) -> None:
    """Puts the table and its last line into the page, and the last line into the README."""
    PAGE.write_text(replaced(replaced(PAGE.read_text("utf-8"), "planted", rows), "summary", last), "utf-8")
    README.write_text(replaced(README.read_text("utf-8"), "planted", f"{last} ([docs/truth.md](docs/truth.md))."), "utf-8")
