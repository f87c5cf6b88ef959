"""What proofs and challenges cost."""

import numpy as np

from reports.finding import NotMapped
from reports.formatting import number
from reports.measures.arrays import Floats
from reports.measures.step_up import costs, proofs, rules_of
from reports.output.bars import percent
from reports.output.html import facts, named, table
from reports.output.report import Report

ORDER = 78
TITLE = "Challenges"
HALF = True
PLAN = ("P1-03",)


def section(report: Report) -> str:
    """How many were challenged, how long it took with and without, and how many proofs failed; nothing where nothing may be challenged."""
    evidence = report.evidence
    try:
        rules = rules_of(evidence)
    except NotMapped:
        return ""
    head = ("Asked for", "Keys", "Challenged", "Share", "p50 with (ms)", "p50 without (ms)", "p95 with (ms)", "p95 without (ms)")
    rows = [
        (
            named(one.op),
            f"{one.asked:,}",
            f"{one.challenged:,}",
            percent(one.challenged, one.asked),
            *(_ms(times, share) for share in (0.5, 0.95) for times in (one.with_ms, one.without_ms)),
        )
        for one in costs(evidence, rules)
    ]
    asked, failed = proofs(evidence, rules)
    told = [("Proofs that were turned away, forged ones among them", f"{failed:,} / {asked:,} ({percent(failed, asked)})")] if asked else []
    return table(head, rows, numbers=range(1, len(head))) + facts(told)


def _ms(times: Floats, share: float) -> str:
    return number(float(np.quantile(times, share)), 1) if len(times) else "–"
