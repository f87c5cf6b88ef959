"""Before and after: this run against a baseline run."""

from reports.formatting import measured, number
from reports.measures.baseline import Difference
from reports.output.html import figure, named, table, text
from reports.output.report import Report

ORDER = 15
TITLE = "Against the baseline run"
PLAN = ("P6-06", "P6-09")


def section(report: Report) -> str:
    """Both runs over time, their figures side by side, and each difference with its interval; nothing where no run was named."""
    before = report.baseline
    if before is None:
        return ""
    now = report.evidence
    found = report.differences
    words = f"<p>{named(now.plan.run)} <span>against</span> {named(before.plan.run)}</p>" + _drilled(report)
    rows = [
        (text(one.name), _figure(one.before, one), _figure(one.now, one), _change(one.change, one), _interval(one), _told(one))
        for one in found
    ]
    head = ("Figure", "Baseline run", "This run", "Difference", "95 % interval", "")
    return (
        words
        + figure(report.charts.get("compared"), "The same load, second by second.")
        + figure(
            report.charts.get("compared-figures"), "The line at this run's bar is where it may lie, by the interval of the difference."
        )
        + table(head, rows, numbers=range(1, 5))
        + "<p><small>Intervals are resampled over spans of five seconds of these two runs; "
        "what another day or machine would add is not in them.</small></p>"
    )


def _drilled(report: Report) -> str:
    """What only one of them had to bear."""
    before, now = ({strike.id for strike in one.plan.scenario.strikes} for one in (report.baseline, report.evidence) if one is not None)
    if before == now:
        return ""
    return (
        f"<p>Drills of this run: {named(', '.join(sorted(now)) or '–')}; of the baseline run: {named(', '.join(sorted(before)) or '–')}</p>"
    )


def _figure(value: float | None, one: Difference) -> str:
    return "–" if value is None else text(measured(round(value, 5), one.unit))


def _change(value: float | None, one: Difference) -> str:
    """A difference: of shares in percentage points."""
    if value is None:
        return "–"
    shown = f"{number(value * 100, 2)} pp" if one.unit == "ratio" else measured(round(value, 5), one.unit)
    return text(f"+{shown}" if value > 0 else shown)


def _interval(one: Difference) -> str:
    return "–" if one.low is None or one.high is None else f"{_change(one.low, one)} … {_change(one.high, one)}"


def _told(one: Difference) -> str:
    if one.low is None:
        return "cannot be told"
    return {None: "no difference that chance would not make", True: "better", False: "worse"}[one.better]
