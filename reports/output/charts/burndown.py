"""How the prizes went: what was left of the stock, and what came of it, by the server's own times."""

from typing import Any

import numpy as np

from reports.evidence import Evidence
from reports.measures.arrays import Floats, known, optional
from reports.measures.restocking import outlooks
from reports.measures.stock_rows import counts
from reports.output.charts.canvas import AMBER, BLUE, MUTED, TEAL, VIOLET, Chart, cut, finished, quiet, sheet
from reports.output.charts.marks import draw_marks, marks

_SHOWN = 3
_NAME_CHARACTERS = 12


def burndown(evidence: Evidence) -> Chart | None:
    """All prizes together, and the ones most wanted; None where the read-back does not tell when they went."""
    if evidence.t0_ms is None or any(role not in evidence.tables or role in evidence.table_problems for role in ("stock", "effects")):
        return None
    stock, effects = evidence.tables["stock"], evidence.tables["effects"]
    item, at_ms = optional(effects, "item"), optional(effects, "at_ms")
    timed = known(item) & known(at_ms)
    if not len(stock) or not timed.any():
        return None
    went_s = (at_ms[timed].astype(np.float64) - evidence.t0_ms) / 1000
    initial = counts(stock, "initial")
    if np.isnan(initial).any():
        return None
    owned = dict(zip(map(str, optional(stock, "item")), initial.astype(int).tolist(), strict=True))
    wanted = sorted(owned, key=lambda name: (-int(np.count_nonzero(item[timed] == name)), name))[:_SHOWN]
    end_s = max(1.0, evidence.load_ends_s)
    told = outlooks(evidence)

    def of(name: str | None) -> list[tuple[float, int]]:
        return [(one.arrived_s, one.units) for one in told if one.arrived_s is not None and name in (None, one.item)]

    with sheet("burndown", 540, 280) as figure:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.11, right=0.965, top=0.89, bottom=0.1)
        quiet(axes)
        _line(axes, went_s, sum(owned.values()), end_s, BLUE, "all prizes", of(None), filled=True)
        for name, colour in zip(wanted if len(owned) > 1 else [], (AMBER, TEAL, VIOLET), strict=False):
            _line(axes, went_s[item[timed] == name], owned[name], end_s, colour, cut(name, _NAME_CHARACTERS), of(name))
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, end_s)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
        axes.legend(
            loc="lower right", bbox_to_anchor=(1, 0.99), ncols=5, frameon=False, handlelength=1.1, columnspacing=1.4, labelcolor=MUTED
        )
        draw_marks(axes, marks(evidence))
        return finished("burndown", "Prizes left over the run", figure)


def _line(
    axes: Any,
    went_s: Floats,
    owned: int,
    end_s: float,
    colour: str,
    name: str,
    arrivals: list[tuple[float, int]],
    *,
    filled: bool = False,
) -> None:
    changes = sorted([(float(at_s), -1) for at_s in went_s] + arrivals)
    times = np.concatenate([[0.0], np.clip([at_s for at_s, _ in changes], 0, end_s), [end_s]])
    left = owned + np.concatenate([[0], np.cumsum([count for _, count in changes]), [sum(count for _, count in changes)]])
    axes.step(times, left, where="post", color=colour, linewidth=2 if filled else 1.4, label=name)
    if filled:
        axes.fill_between(times, left, step="post", color=colour, alpha=0.14, linewidth=0)
