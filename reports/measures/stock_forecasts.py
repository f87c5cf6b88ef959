"""When each prize would have been gone, by how fast it went as half of it was gone, and when it was gone indeed.

At that moment, T: what is left of the initial stock, divided by the grants of (T - 10 s, T] a second; where the first grant came later
than 10 s before T, the grants since then. What was replenished later was not known then. Times by the server's own clock, since T0.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.arrays import Floats, known, optional
from reports.measures.stock_rows import stock_rows

if TYPE_CHECKING:
    from reports.evidence import Evidence

BURN_S = 10.0
"""So long a time tells how fast it goes."""


@dataclass(frozen=True, slots=True)
class StockForecast:
    """Of one prize. Times in seconds since T0."""

    item: str
    half_s: float  # when half of it was gone
    ends_s: float  # when it would be gone, as was to be said then
    ended_s: float | None  # when its last one went; None where some are left, or nobody can tell


def stock_forecasts(evidence: "Evidence") -> list[StockForecast]:
    """Of each prize of which half was gone, those of which most went first; none where nothing tells when they went."""
    roles = ("stock", "effects")
    if evidence.t0_ms is None or any(role not in evidence.tables or role in evidence.table_problems for role in roles):
        return []
    stock, effects = (evidence.tables[role] for role in roles)
    rows, item, at_ms = stock_rows(stock, effects), optional(effects, "item"), optional(effects, "at_ms")
    timed = known(item) & known(at_ms)
    found: list[tuple[int, StockForecast]] = []
    for name in dict.fromkeys(map(str, rows.item)):
        mine = rows.item == name
        went_s = np.sort((at_ms[timed & (item == name)].astype(np.float64) - evidence.t0_ms) / 1000)
        owned, left = float(rows.initial[mine].sum()), float(rows.left[mine].sum())
        told = forecast(went_s, int(owned)) if owned > 0 else None  # not where it is NaN
        if told:
            ended_s = float(went_s[-1]) if left <= 0 else None
            found.append((len(went_s), StockForecast(name, *told, ended_s)))
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1].item))]


def forecast(went_s: Floats, owned: int) -> tuple[float, float] | None:
    """When half of so many was gone, and when all would be; None where that many never went, or all of them in one moment."""
    half = (owned + 1) // 2
    if len(went_s) < max(2, half):
        return None
    half_s = float(went_s[half - 1])
    recent = went_s[:half][went_s[:half] > half_s - BURN_S]
    since_s = half_s - BURN_S if len(recent) < half else float(recent[0])
    if half_s <= since_s:
        return None
    went = len(recent) if len(recent) < half else len(recent) - 1  # the first one only begins it
    return half_s, half_s + (owned - half) * (half_s - since_s) / went
