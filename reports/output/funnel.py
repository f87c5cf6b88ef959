"""Steps that fewer and fewer people take, as bars below each other."""

from collections.abc import Sequence
from html import escape

from reports.formatting import number


def funnel(steps: Sequence[tuple[str, int]]) -> str:
    """A bar a step, as long as its share of the first step's people; the name is HTML already, and nothing is drawn where nobody came."""
    first = steps[0][1] if steps else 0
    if not first:
        return ""
    rows = "".join(
        f'<div><dt>{name}</dt><dd><i style="--share:{people / first:.4f}"></i><b>{people:,}</b>'
        f"<small>{escape(number(100 * people / first, 1))} %</small></dd></div>"
        for name, people in steps
    )
    return f'<dl class="funnel">{rows}</dl>'
