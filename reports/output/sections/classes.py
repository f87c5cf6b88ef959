"""Who was served while something was broken, class by class, and how often each wish was sent."""

from collections.abc import Iterator

from reports.finding import NoEvidence
from reports.formatting import measured, number
from reports.measures.classes import ClassTrial, Share, class_trials
from reports.output.html import named, table, text
from reports.output.report import Report

ORDER = 31
TITLE = "Goodput and retries"
PLAN = ("P5-01",)


def section(report: Report) -> str:
    """Each strike that has been; nothing where nothing was drilled."""
    return "".join(_strikes(report))


def _strikes(report: Report) -> Iterator[str]:
    for strike in report.evidence.strikes:
        try:
            trials = class_trials(strike, report.evidence, report.evidence.traffic)
        except NoEvidence:
            continue
        rows = [row for trial in trials for row in _rows(trial)]
        head = (named(strike.id), "", "operations", "correct and in time", "turned away", "sends for each")
        yield table(head, rows, numbers=(2, 3, 4, 5))


def _rows(trial: ClassTrial) -> Iterator[list[str]]:
    for when, share in (("before", trial.before), ("while it was broken", trial.during), ("after", trial.after)):
        yield [text(trial.name), when, f"{share.count:,}", *_shown(share)]


def _shown(share: Share) -> list[str]:
    shares = [measured(value, "ratio") if value is not None else "–" for value in (share.goodput, share.shed)]
    return [*shares, number(share.amplification, 2) if share.amplification is not None else "–"]
