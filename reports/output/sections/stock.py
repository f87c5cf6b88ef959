"""How the prizes went, and what is left of them."""

import numpy as np

from reports.finding import NotMapped
from reports.formatting import number
from reports.measures.empty_handed import empty_handed
from reports.measures.funnels import tells_tiers
from reports.measures.restocking import outlooks
from reports.measures.stock_forecasts import stock_forecasts
from reports.measures.stock_rows import stock_rows
from reports.output.html import figure, named, table, text
from reports.output.report import Report
from scenarios.plan.tiers import TIERS

ORDER = 70
TITLE = "Stock"
HALF = True
PLAN = ("P4-11", "P4-12", "P6-07")

_FORECAST = 3


def section(report: Report) -> str:
    """The burn-down, where the read-back tells it, and each prize, folded."""
    chart = figure(report.charts.get("burndown"), "Prizes left, by the server's own times of the grants.")
    return chart + _forecasts(report) + _orders(report) + _prizes(report) + _second_campaign(report) if chart else ""


def _forecasts(report: Report) -> str:
    """What was to be said as half of a prize was gone, of those that most went of, and what really happened."""
    told = stock_forecasts(report.evidence)[:_FORECAST]
    rows = [
        (
            named(one.item),
            f"{number(one.half_s, 1)} s",
            f"{number(one.ends_s, 1)} s",
            "–" if one.ended_s is None else f"{number(one.ended_s, 1)} s",
        )
        for one in told
    ]
    head = ("Prize", "Half of it gone", "Gone, by the forecast then", "Gone indeed")
    return table(head, rows, numbers=(1, 2, 3)) if rows else ""


def _orders(report: Report) -> str:
    """What the campaign ordered because of a forecast, and what came of it."""
    rows = [
        (
            named(one.item),
            f"{one.units:,}",
            f"{number(one.at_s, 1)} s",
            f"{number(one.gone_s, 1)} s" if np.isfinite(one.gone_s) else "–",
            "–" if one.went_s is None else f"{number(one.went_s, 1)} s",
            "–" if one.went_s is None or np.isinf(one.gone_s) else f"{number(one.went_s - one.gone_s, 1)} s",
            "–" if one.arrived_s is None else f"{number(one.arrived_s, 1)} s",
            f"{number(one.out_s, 1)} s",
        )
        for one in outlooks(report.evidence)
    ]
    head = (
        "Prize",
        "Ordered",
        "Ordered at",
        "Gone, by the forecast",
        "What was left then gone",
        "Later than forecast",
        "Arrived",
        "None left for",
    )
    chart = figure(report.charts.get("restocking"), "Prizes left while more was ordered; dashed: gone, by each forecast.")
    return chart + table(head, rows, numbers=range(1, len(head))) if rows else ""


def _prizes(report: Report) -> str:
    """By how many are left, most first."""
    found = stock_rows(report.evidence.table("stock"), report.evidence.table("effects"))
    told = [(named(name), found.initial[row], found.replenished[row], found.left[row]) for row, name in enumerate(found.item)]
    told.sort(key=lambda prize: (-np.nan_to_num(prize[3], nan=-1.0), prize[0]))
    rows = [(name, *(number(None if np.isnan(figure) else float(figure)) for figure in figures)) for name, *figures in told]
    shown = table(("Prize", "At first", "Added", "Left"), rows, numbers=(1, 2, 3))
    return f"<details><summary>What is left of each prize</summary>{shown}</details>"


def _second_campaign(report: Report) -> str:
    """Those whom nothing was left for, or who were too late, by their tiers."""
    try:
        found = empty_handed(report.evidence)
    except NotMapped:
        return ""
    tiers = TIERS if tells_tiers(report.evidence) else ()
    rows = [(text(tier), f"{found[tier]:,}") for tier in tiers if found[tier]] + [("in all", f"{found.total():,}")]
    return table(("For a second campaign: asked for a prize and have none", "Customers"), rows, numbers=(1,)) if found else ""
