"""A sheet to draw on, and how it becomes SVG: the same bytes every time, colours by name, text as text."""

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

from scenarios.harmless import harmless

INK, MUTED, FAINT, PAPER = "#1c2530", "#66707c", "#e3e7ec", "#fefefe"
BLUE, GREEN, RED, AMBER, VIOLET, TEAL, GREY = "#2f6fde", "#1f9d63", "#d4423e", "#d98a12", "#8356c9", "#148f9e", "#9aa4b0"

COLOURS = {
    INK: "ink",
    MUTED: "muted",
    FAINT: "line",
    PAPER: "card",
    BLUE: "blue",
    GREEN: "green",
    RED: "red",
    AMBER: "amber",
    VIOLET: "violet",
    TEAL: "teal",
    GREY: "grey",
}
"""Every colour that a chart may use, and the page's name for it."""

_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 12,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titlecolor": INK,
    "axes.titleweight": "bold",
    "axes.titley": 1.0,  # where it would come to stand; not looked for again at every drawing
    "grid.color": FAINT,
    "grid.linewidth": 1,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "text.color": INK,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
    "figure.dpi": 72,
    "path.simplify": False,
}
_NAMED = "given-name"
_POINTS = 72
_NO_DATE = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart."""

    name: str
    label: str  # what it shows, for those who cannot see it
    svg: str  # with the light page's colours

    @property
    def inline(self) -> str:
        """For the page: its colours, its font, its width."""
        text = re.sub(r"^.*?(?=<svg)", "", self.svg, flags=re.DOTALL)
        for colour, name in COLOURS.items():
            text = text.replace(colour, f"var(--{name})")
        return text.replace("<svg ", f'<svg role="img" aria-label="{escape(self.label)}" ', 1).strip()


@contextmanager
def sheet(name: str, width: int, height: int) -> Iterator[Any]:
    """A figure of so many pixels under the house's style."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        yield Figure(figsize=(width / _POINTS, height / _POINTS), dpi=_POINTS)


def finished(name: str, label: str, figure: Any) -> Chart:
    """The figure as a chart. To be called inside its sheet. What others have named is drawn harmless, and names no other file."""
    name = re.sub(r"[^a-z0-9-]", "-", name)
    for drawn in _texts(figure):
        drawn.set_text(harmless(drawn.get_text()))
    out = StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # text stays text; the reader's fonts have it
        canvas.print_svg(out, metadata=_NO_DATE)
    text = out.getvalue()
    text = re.sub(r"<style type=\"text/css\">.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    text = text.replace(f'<g id="{_NAMED}">', '<g translate="no">')
    text = re.sub(r' id="[A-Za-z._]+_\d+"', "", text)  # names of groups that would stand twice on the page
    text = re.sub(r'(width|height)="[\d.]+pt" ', "", text, count=2)
    text = re.sub(r'(id="|href="#|url\(#)(?=[a-z0-9])', rf"\g<1>{name}-", text)
    text = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    return Chart(name, harmless(label), text + "\n")


def _texts(artist: Any) -> Iterator[Text]:
    """All text but the figures along axes, which are ours; to look at those would have them all made first."""
    for child in artist.get_children():
        if isinstance(child, Text):
            yield child
        elif not isinstance(child, Axis):
            yield from _texts(child)


def named(drawn: Iterable[Text]) -> None:
    """Texts that are names which somebody gave: the same in every language."""
    for text in drawn:
        text.set_gid(_NAMED)


def quiet(axes: Any) -> None:
    """Leaves only what helps reading: the grid and the figures on it."""
    axes.tick_params(pad=6)
    axes.margins(x=0)


def cut(name: str, characters: int) -> str:
    """A name in so much room: names that begin alike tend to differ at their ends."""
    before = (characters - 1) // 2
    return name if len(name) <= characters else f"{name[:before]}…{name[before + 1 - characters :]}"
