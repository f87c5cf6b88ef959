"""The word, and why."""

from datetime import datetime

from reports.finding import Status
from reports.output.html import named, text
from reports.output.report import Report

ORDER = 0
TITLE = ""

_MEANS = {
    Status.PASS: "Launch.",
    Status.FAIL: "Do not launch.",
    Status.INVALID: "This rehearsal proves nothing. Repeat it.",
}


def section(report: Report) -> str:
    """The word in large, what it means, and the one sentence behind it."""
    plan = report.evidence.plan
    return (
        f'<header><p class="brand">Stormdrill <span>rehearsal report</span></p>'
        f'<p class="what"><b>{named(plan.scenario.name)}</b> {text(plan.scenario.describe)}</p></header>'
        f'<div class="word {report.word.lower()}"><h1>{report.word}</h1>'
        f'<p class="means">{_MEANS[report.word]}</p><p class="why">{text(_capital(report.sentence))}.</p></div>'
        f'<p class="when">{text(_when(plan.t0_wall))} · seed {plan.seed} · run {text(plan.run)}</p>'
    )


def _capital(sentence: str) -> str:
    """A sentence begins with a capital, unless it begins with a name."""
    first = sentence.partition(" ")[0]
    starts_with_name = " " not in sentence.partition(":")[0] or not first.isalpha()
    return (sentence if starts_with_name else sentence[:1].upper() + sentence[1:]).rstrip(".")


def _when(t0_wall: str) -> str:
    try:
        return datetime.fromisoformat(t0_wall).strftime("%d %B %Y, %H:%M:%S %Z")
    except ValueError:
        return "T0 was never fixed"
