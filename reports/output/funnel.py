"""Steps that fewer and fewer people take, as bars below each other."""

from collections.abc import Callable, Sequence
from html import escape

from reports.formatting import number
from reports.measures.funnels import Funnel
from reports.output.html import named, table


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


def by_group(what: str, came: str, found: Sequence[Funnel], label: Callable[[str], str] = named) -> str:
    """Customers of all channels or tiers as bars, and a row of figures for each; `came` is what they did to be counted."""
    steps = ("came", "acted", "paid", "granted")
    names = (came, "did anything", "moved money", "were granted something")
    bars = funnel([(name, sum(getattr(one, step) for one in found)) for name, step in zip(names, steps, strict=True)])
    rows = [(label(one.name), *(f"{getattr(one, step):,}" for step in steps)) for one in found]
    return bars + table((what, "Came", "Acted", "Moved money", "Were granted"), rows, numbers=range(1, 5))
