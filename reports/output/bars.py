"""Figures as bars below each other, for a phone as well as for paper: as long as their shares, and filled as far as is done."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.formatting import number
from reports.output.html import text

_MARGIN_PX, _LETTER_PX = 22, 8
"""What the figures beside the longest bar need of the line."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One of them. Its name is HTML already."""

    name: str
    size: int  # its bar is as long as its share of the greatest one's
    told: str = ""  # beside the size, in small letters
    done: float = 1.0  # the share of it that is filled
    shown: str = ""  # what stands beside the bar instead of its size
    bad: bool = False  # whether what is filled is to be mended

    @property
    def figure(self) -> str:
        """What stands beside it."""
        return self.shown or f"{self.size:,}"


def bars(shown: Sequence[Bar], caption: str = "", *, long: bool = False) -> str:
    """The bars, and below them what they show; nothing where all are empty. `long`: a phone shows the names above their bars."""
    most = max((bar.size for bar in shown), default=0)
    if not most:
        return ""
    room_px = _MARGIN_PX + max(_LETTER_PX * len(bar.figure + bar.told) for bar in shown)
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    rows = "".join(_row(bar, bar.size / most) for bar in shown)
    return f'<figure><dl class="bars{" long" if long else ""}" style="--room:{room_px}px">{rows}</dl>{below}</figure>'


def _row(bar: Bar, share: float) -> str:
    filled = f";--done:{bar.done:.4f}" if bar.done < 1 else ""
    small = f"<small>{text(bar.told)}</small>" if bar.told else ""
    colour = " class=bad" if bar.bad else ""
    return f'<div><dt>{bar.name}</dt><dd><i{colour} style="--share:{share:.4f}{filled}"></i><b>{text(bar.figure)}</b>{small}</dd></div>'


def percent(part: float, whole: float) -> str:
    """A share as it is told beside a bar; nothing where there is no whole."""
    return f"{number(100 * part / whole, 1)} %" if whole else ""
