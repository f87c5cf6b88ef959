"""The plan's reviews: warm-up, peak and closing, a row per phase, and what customers had to say."""

from collections import Counter
from collections.abc import Iterable

from reports.finding import NoEvidence, NotMapped
from reports.formatting import many, measured, number
from reports.measures.phase_reviews import PhaseReview, phase_reviews
from reports.output.html import named, table, text
from reports.output.report import Report

ORDER = 25
TITLE = "Phase reviews"
PLAN = ("P6-06", "P6-07")

_HEAD = (
    "Review",
    "Phase",
    "seconds",
    "offered/s",
    "goodput/s",
    "in time",
    "p99",
    "refused",
    "went wrong",
    "Incidents",
    "Against the phase before",
)
_MINUTE_S = 60


def section(report: Report) -> str:
    """Each phase against the one before it; nothing where the scenario has no phases that differ."""
    found = phase_reviews(report.evidence)
    if len({one.review for one in found}) < 2:  # noqa: PLR2004 - of one kind alone
        return ""
    rows = [_row(one, before) for one, before in zip(found, [None, *found], strict=False)]
    return table(_HEAD, rows, numbers=range(2, 9), css="lines") + _feedback(report)


def _row(one: PhaseReview, before: PhaseReview | None) -> list[str]:
    return [
        "" if before and before.review is one.review else f"<b>{one.review.capitalize()}</b>",
        named(one.name),
        number(one.lasts_s, 1),
        number(one.offered_per_s, 1),
        number(one.goodput_per_s, 1),
        "–" if one.good_ratio is None else f"{one.good_ratio * 100:.1f} %",
        f"{'> ' if one.p99.censored else ''}{measured(one.p99.ms, 'ms')}" if one.p99 else "–",
        f"{one.refused:,}",
        f"{one.wrong:,}",
        text(_counted(one.incidents) or many(0, "incident")),
        text(_changed(one, before)),
    ]


def _counted(names: Iterable[str]) -> str:
    return ", ".join(name if times == 1 else f"{name} × {times}" for name, times in Counter(names).items())


def _changed(one: PhaseReview, before: PhaseReview | None) -> str:
    """How the pace and the slowest answers differ from the phase before."""
    if before is None:
        return ""
    told = [f"pace × {one.offered_per_s / before.offered_per_s:.2g}"] if before.offered_per_s else []
    if one.p99 and before.p99 and before.p99.ms and not (one.p99.censored or before.p99.censored):
        told.append(f"p99 × {one.p99.ms / before.p99.ms:.2g}")
    return ", ".join(told)


def _feedback(report: Report) -> str:
    """The cases that customers opened, tickets and calls, where any did."""
    try:
        found = report.evidence.responses
    except (NotMapped, NoEvidence):
        return ""
    desk = report.evidence.plan.scenario.campaign.desk
    in_time = sum(one.answered and one.waited_s * desk.clock <= desk.respond_min * _MINUTE_S for one in found)
    told = f"{many(len(found), 'case')} opened, {in_time:,} responded to within {desk.respond_min:g} min by the desk's clock."
    return f"<h3>Feedback</h3><p>{text(told)}</p>"
