"""The word, and why."""

from datetime import datetime

from reports.finding import Status
from reports.output.html import text
from reports.output.report import Report

ORDER = 0
TITLE = ""

_MEANS = {
    Status.PASS: "Launch.",
    Status.FAIL: "Do not launch.",
    Status.INVALID: "This rehearsal proves nothing. Repeat it.",
}
_CHINESE = {Status.PASS: "通过", Status.FAIL: "不通过", Status.INVALID: "无效"}


def section(report: Report) -> str:
    """The word in large, what it means, and the one sentence behind it."""
    plan = report.evidence.plan
    return (
        f'<header><p class="brand">Stormdrill <span>rehearsal report · <span lang="zh-Hans">演练报告</span></span></p>'
        f'<p class="what"><b>{text(plan.scenario.name)}</b> {text(plan.scenario.describe)}</p></header>'
        f'<div class="word {report.word.lower()}"><h1>{report.word}<span class="zh" lang="zh-Hans">{_CHINESE[report.word]}</span></h1>'
        f'<p class="means">{_MEANS[report.word]}</p><p class="why">{text(_capital(report.sentence))}.</p></div>'
        f'<p class="when">{text(_when(plan.t0_wall))} · seed {plan.seed} · run {text(plan.run)}</p>'
    )


def _capital(sentence: str) -> str:
    """A sentence begins with a capital, unless it begins with a name."""
    starts_with_name = " " not in sentence.partition(":")[0]
    return (sentence if starts_with_name else sentence[:1].upper() + sentence[1:]).rstrip(".")


def _when(t0_wall: str) -> str:
    try:
        return datetime.fromisoformat(t0_wall).strftime("%d %B %Y, %H:%M:%S %Z")
    except ValueError:
        return "T0 was never fixed"
