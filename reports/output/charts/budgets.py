"""How the budget's buckets went: the share that was left of each, by the server's own times of the grants."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import NoEvidence, NotMapped
from reports.measures.budgets import kept, spent
from reports.measures.releases import releases
from reports.output.charts.canvas import AMBER, BLUE, GREY, MUTED, TEAL, VIOLET, Chart, cut, finished, named, quiet, sheet
from reports.output.charts.marks import draw_marks, marks

_COLOURS = (BLUE, AMBER, TEAL, VIOLET, GREY)
_NAME_CHARACTERS = 16


def budgets(evidence: Evidence) -> Chart | None:
    """The buckets that most came out of, as shares of their limits; None where nothing tells when they were paid from."""
    try:
        found, limits = spent(evidence), kept(evidence)
    except (NotMapped, NoEvidence):
        return None
    shown = [name for name in found if name in limits and limits[name].limit_fen > 0 and found[name].grants]
    shown = sorted(shown, key=lambda name: (-found[name].fen, name))[: len(_COLOURS)]
    if evidence.t0_ms is None or not shown:
        return None
    end_s = max(1.0, evidence.load_ends_s)
    with sheet("budgets", 540, 230) as figure:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.11, right=0.965, top=0.88, bottom=0.12)
        quiet(axes)
        for name, colour in zip(shown, _COLOURS, strict=False):
            changes = [((grant.at_ms - evidence.t0_ms) / 1000, -grant.fen) for grant in found[name].grants]
            changes = sorted(changes + [(one.at_s, one.fen) for one in releases(evidence) if one.bucket == name])
            times_s = np.clip([at_s for at_s, _ in changes], 0, end_s)
            left = 1 + np.cumsum([fen for _, fen in changes]) / limits[name].limit_fen
            axes.step(
                [0, *times_s, end_s], [1, *left, left[-1]], where="post", color=colour, linewidth=1.8, label=cut(name, _NAME_CHARACTERS)
            )
        axes.set_ylim(min(0.0, axes.get_ylim()[0]), max(1.05, axes.get_ylim()[1]))
        axes.set_xlim(0, end_s)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
        legend = axes.legend(
            loc="lower right", bbox_to_anchor=(1, 0.99), ncols=3, frameon=False, handlelength=1.1, columnspacing=1.4, labelcolor=MUTED
        )
        named(legend.get_texts())
        draw_marks(axes, marks(evidence))
        return finished("budgets", "Share left of each budget bucket over the run", figure)
