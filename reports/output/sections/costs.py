"""What the campaign has cost, and what it has brought."""

from reports.finding import NoEvidence, NotMapped
from reports.formatting import number, yuan
from reports.measures.costs import Costs, costs
from reports.output.bars import Bar, bars, percent
from reports.output.html import facts, named, table, text
from reports.output.report import Report

ORDER = 79
TITLE = "Costs"
PLAN = ("P6-03",)


def section(report: Report) -> str:
    """What was granted, by its kind, and what a customer who was brought has cost; nothing where nothing was given away."""
    try:
        found = costs(report.evidence)
    except (NotMapped, NoEvidence):
        return ""
    whole = sum(one.fen for one in found.granted)
    rows = [(named(one.kind), f"{one.count:,}", yuan(one.fen)) for one in found.granted]
    rows.append(("in all", f"{sum(one.count for one in found.granted):,}", yuan(whole)))
    shown = [Bar(named(one.kind), one.fen, percent(one.fen, whole), shown=yuan(one.fen)) for one in found.granted]
    chart = bars(shown, "What was granted, by its worth.")
    granted = table(("Granted", "Times", "Worth"), rows, numbers=(1, 2)) if found.granted else ""
    return facts(_figures(found)) + chart + granted


def _figures(found: Costs) -> list[tuple[str, str]]:
    each, outage = found.each_fen, found.outage_fen
    pairs = [
        ("Paid into customers' accounts", yuan(found.paid_fen)),
        ("Customers whom a link or an invitation brought", f"{found.brought:,}"),
        ("Cost of each of them (CAC)", "–" if each is None else yuan(round(each))),
    ]
    if found.bots:
        person = found.each_person_fen
        pairs.append(("Bots among them", f"{found.bots:,}"))
        pairs.append(("Cost of each who is no bot (CAC)", "–" if person is None else yuan(round(person))))
    if found.customer_fen is not None:
        pairs.append(("Worth of a customer (LTV), by the scenario", yuan(found.customer_fen)))
        pairs.append(("Return on what was paid (ROI)", "–" if found.returned is None else text(f"{number(found.returned * 100, 1)} %")))
    if outage is not None and found.outage_s:
        pairs.append((f"Cost of {number(found.outage_s)} s of outage", yuan(round(outage))))
    return pairs
