"""What the plan watches for risk."""

from reports.formatting import number
from reports.measures.risk import Proofs, risk
from reports.measures.risk_alarms import Alarm, alarms
from reports.output.bars import Bar, bars, percent
from reports.output.html import facts, named, table, text
from reports.output.report import Report

ORDER = 77
TITLE = "Risk"
HALF = True
PLAN = ("P6-04",)


def section(report: Report) -> str:
    """Who moved small sums again and again, how many proofs of identity failed, how many complained; nothing where nobody did anything."""
    found = risk(report.evidence)
    if not found.customers:
        return ""
    rule = report.evidence.plan.scenario.campaign.risk
    often = f"Customers who moved {rule.small_fen / 100:g} yuan or less {rule.times} times or more in {number(rule.within_s)} s"
    told = [(text(often), f"{len(found.small_often):,}")]
    if found.per_thousand is not None:
        told.append(("Tickets for a thousand customers", number(found.per_thousand, 1)))
    rows = [(named(one.op), f"{one.asked:,}", f"{one.failed:,}", f"{one.failed / one.asked * 100:.2f} %") for one in found.proofs]
    chart = bars([_bar(one) for one in found.proofs], "Attempts to prove who somebody is; filled: those that failed.")
    proofs = table(("Proof of identity", "Attempts", "Failed", "Share"), rows, numbers=(1, 2, 3)) if rows else ""
    limits = [_limit(one) for one in alarms(report.evidence)]
    alarm = table(("Alarm", "Figure", "Limit", "Passed at (s)"), limits, numbers=(1, 2, 3)) if limits else ""
    return facts(told) + chart + proofs + alarm


def _limit(one: Alarm) -> tuple[str, str, str, str]:
    passed = number(one.passed_s, 1) if one.fires and one.passed_s is not None else "–"
    return text(one.what), number(one.value, 1), number(one.limit, 1), passed


def _bar(one: Proofs) -> Bar:
    return Bar(named(one.op), one.asked, percent(one.failed, one.asked), one.failed / one.asked, bad=True)
