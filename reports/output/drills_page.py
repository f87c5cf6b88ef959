"""`drills.html`: all drills of a series on one page, each with a small pulse, and what the policy says of each fault domain."""

from collections.abc import Sequence

from reports.finding import Status
from reports.formatting import measured, number, yuan
from reports.languages import Language
from reports.measures.drill_results import DrillResult, Figures
from reports.measures.policy_rows import DomainRow
from reports.output.html import chip, document, named, table, text
from scenarios.plan.policy import Policy, StandardClass

_WIDTH, _HEIGHT = 150, 26
_ZERO_SHARE = 1 / 6  # of the little picture's width stands before the fault


def drills_page(
    target: str,
    results: Sequence[DrillResult],
    policy: Policy,
    rows: Sequence[DomainRow],
    word: Status,
    sentence: str,
    *,
    judging: bool,
    noticed: str | None = None,
    language: Language = "en",
) -> str:
    """The page, whole, in a language; addresses of reports are relative to the folder of the series. `noticed`: by what a loss is."""
    shown = "" if judging else " No policy was named: this one is shown, and changes no word."
    ran = [result for result in results if result.word is not None]
    seen = f"<p>How a loss is noticed here: {text(noticed)}.</p>" if noticed else ""
    body = (
        f'<header><p class="brand">Stormdrill <span>drills</span></p>'
        f'<p class="what"><b>{named(target)}</b> every drill to which it gives access, one after the other</p></header>'
        f'<div class="word {word.lower()}"><h1>{word}</h1><p class="why">{text(sentence)}.</p></div>'
        f'<section id="policy"><h2>Policy</h2><p>{text(policy.describe + shown)}</p>'
        f"{_policy(rows)}{_classes(policy, ran)}</section>"
        f'<section id="drills"><h2>Drills</h2>{seen}{_drills(ran)}{_not_run(results)}</section>'
    )
    return document(word, f"drills of {target}", body, language)


def _policy(rows: Sequence[DomainRow]) -> str:
    return table(
        ("Domain", "Drills run", "Worst", "What was found", ""),
        (
            (
                f"<b>{text(row.domain)}</b>",
                str(row.ran),
                named(row.worst or "–"),
                "<br>".join(text(line) for line in row.why),
                chip(row.word),
            )
            for row in rows
        ),
        numbers=(1,),
    )


def _classes(policy: Policy, ran: Sequence[DrillResult]) -> str:
    """Classes of standards beside the worst that was measured; they judge nothing."""
    if not policy.classes or not ran:
        return ""
    return "<p><small>Beside classes of standards, which judge nothing here:</small></p>" + table(
        ("Class", "RTO", "RPO", "the worst measured", "Source"),
        (
            (
                text(one.name),
                f"{number(one.rto)} s",
                f"{number(one.rpo)} s",
                _within(one, ran),
                text(one.source) + (" <em>unconfirmed</em>" if one.unconfirmed else ""),
            )
            for one in policy.classes
        ),
        numbers=(1, 2),
    )


def _within(one: StandardClass, ran: Sequence[DrillResult]) -> str:
    figures = [result.figures for result in ran]
    if any(each.rto_s is None or each.rpo_s is None for each in figures):
        return "not known of all"
    beyond = any(each.rto_censored or (each.rto_s or 0) > one.rto or (each.rpo_s or 0) > one.rpo for each in figures)
    return "beyond it" if beyond else "within it"


_WHAT = (
    "RTO is as it was felt; at least: without the load generator's own delay. Error of zero: from the start of the injection to its "
    "confirmed effect. Errors meanwhile: what failed or may have, of customers' operations until it had recovered and was taken back. "
    "Turned away, of the same: an answer as agreed, and no error."
)


def _drills(ran: Sequence[DrillResult]) -> str:
    if not ran:
        return ""
    names = (
        "Drill",
        "Domain",
        "",
        "Pulse",
        "RTO",
        "error of zero",
        "RPO",
        "lost",
        "detection",
        "redundancy",
        "errors meanwhile",
        "turned away",
    )
    return f"<p><small>{text(_WHAT)}</small></p>" + table(names, (_drill(result) for result in ran), numbers=range(4, len(names)))


def _drill(result: DrillResult) -> list[str]:
    figures = result.figures
    name = f"<b>{named(result.drill)}</b>"
    if result.folder is not None:
        name = f'<a href="{text(result.folder.name)}/report.html">{name}</a>'
    if result.word is not Status.PASS:
        name += f"<small>{text(result.sentence)}</small>"
    return [
        name,
        text(result.domain or "–"),
        chip(result.word or Status.SKIPPED),
        _spark(figures.spark),
        _rto(figures),
        _figure(figures.zero_error_s, "s"),
        _figure(figures.rpo_operations, ""),
        yuan(figures.rpo_fen),
        _figure(figures.detection_s, "s"),
        _bounded(figures.redundancy_s, "s", figures.redundancy_censored),
        _figure(figures.error_ratio, "ratio"),
        _figure(figures.shed_ratio, "ratio"),
    ]


def _rto(figures: Figures) -> str:
    told, least = measured(figures.rto_s, "s"), measured(figures.rto_least_s, "s")
    return _bounded(figures.rto_s, "s", figures.rto_censored) + ("" if least == told else f"<small>{text(f'at least {least}')}</small>")


def _bounded(value: float | None, unit: str, censored: bool) -> str:  # noqa: FBT001 - a figure of its own
    return ("> " if censored and value is not None else "") + _figure(value, unit)


def _figure(value: float | None, unit: str) -> str:
    return text(measured(value, unit))


def _spark(shares: Sequence[float | None]) -> str:
    """Good answers of the pulse's worst path, 5 s before the fault and 25 s after it at most."""
    if not shares:
        return ""
    points = [(place / 60 * _WIDTH, _HEIGHT - 2 - share * (_HEIGHT - 4)) for place, share in enumerate(shares) if share is not None]
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    zero = f"{_ZERO_SHARE * _WIDTH:.1f}"
    return (
        f'<svg class="spark" role="img" aria-label="share of good answers around the fault" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}"><line x1="{zero}" x2="{zero}" y1="0" y2="{_HEIGHT}" stroke="var(--red)"/>'
        f'<polyline points="{drawn}" fill="none" stroke="var(--blue)" stroke-width="1.6"/></svg>'
    )


def _not_run(results: Sequence[DrillResult]) -> str:
    left = [result for result in results if result.word is None]
    if not left:
        return ""
    rows = ((f"<b>{named(result.drill)}</b>", text(result.domain or "–"), text(result.sentence)) for result in left)
    return "<h3>Not run</h3>" + table(("Drill", "Domain", "Why"), rows)
