"""Steps that fewer and fewer people take, as bars below each other."""

from collections.abc import Callable, Sequence

from reports.measures.funnels import Funnel
from reports.output.bars import Bar, bars, percent
from reports.output.html import named, table


def funnel(steps: Sequence[tuple[str, int]]) -> str:
    """A bar a step, as long as its share of the first step's people; the name is HTML already, and nothing is drawn where nobody came."""
    first = steps[0][1] if steps else 0
    return bars([Bar(name, people, percent(people, first)) for name, people in steps]) if first else ""


def by_group(what: str, came: str, found: Sequence[Funnel], label: Callable[[str], str] = named) -> str:
    """Customers of all groups as bars, each group as one, and a row of figures for each; `came` is what they did to be counted."""
    steps = ("came", "acted", "paid", "granted")
    names = (came, "did anything", "moved money", "were granted something")
    whole = funnel([(name, sum(getattr(one, step) for one in found)) for name, step in zip(names, steps, strict=True)])
    each = [Bar(label(one.name), one.came, percent(one.granted, one.came), one.granted / one.came if one.came else 0.0) for one in found]
    rows = [(label(one.name), *(f"{getattr(one, step):,}" for step in steps)) for one in found]
    figures = table((what, "Came", "Acted", "Moved money", "Were granted"), rows, numbers=range(1, 5))
    return whole + bars(each, "Each one's customers; filled: those who were granted something.") + figures
