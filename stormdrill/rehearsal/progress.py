"""What the terminal shows while a rehearsal runs: where it is, what it sends, what comes back, what is broken.

On a terminal it is one panel that refreshes in place; elsewhere a line every few seconds. Percentiles here are approximate.
"""

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from scenarios.harmless import harmless
from scenarios.plan.scenario import Scenario
from scenarios.run.live_window import LiveWindow
from scenarios.run.outcomes import Outcome

_COLOURS = {
    Outcome.SUCCESS: "green",
    Outcome.REFUSAL: "cyan",
    Outcome.CHALLENGE: "blue",
    Outcome.SHED: "yellow",
    Outcome.FAILURE: "red",
    Outcome.UNKNOWN: "magenta",
}
_BARS = " ▁▂▃▄▅▆▇█"
_LINE_EVERY_S = 5.0
_RATE_S = 2  # over so many seconds attempts are counted


@dataclass(frozen=True, slots=True)
class View:
    """One look at the run."""

    now_s: float
    window: LiveWindow
    faults: list[str] = field(default_factory=list)
    note: str = ""
    workers: str = ""  # from other machines


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rehearsal stands among several: which it is of how many, and the seconds of load before it and in all."""

    number: int
    count: int
    before_s: float
    total_s: float


class Screen:
    """Shows progress on stderr; used as a context while the load runs."""

    def __init__(self, scenario: Scenario, *, quiet: bool = False, place: Place | None = None) -> None:
        """`quiet` shows nothing but errors; `place` where it is one of several."""
        self._place = place
        self.console = Console(stderr=True, highlight=False)
        self._scenario = scenario
        self._quiet = quiet
        self._live: Live | None = None
        self._last_line_s = -1e9

    def step(self, text: str) -> None:
        """Says what is being done outside the load."""
        if not self._quiet:
            with suppress(OSError):  # nobody may be looking any more, and what is being ended must be ended
                self.console.print(Text.assemble(("·", "dim"), " ", harmless(text)), soft_wrap=True)

    def __enter__(self) -> Self:
        """Takes the panel up."""
        if self.console.is_terminal and not self._quiet:
            self._live = Live(console=self.console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Takes it down."""
        if self._live:
            with suppress(OSError):
                self._live.stop()
            self._live = None

    def show(self, view: View) -> None:
        """Shows one look."""
        if self._quiet:
            return
        if self._live:
            self._live.update(self._panel(view))
        elif view.now_s - self._last_line_s >= _LINE_EVERY_S:
            self._last_line_s = view.now_s
            with suppress(OSError):
                sys.stderr.write(harmless(self._line(view)) + "\n")
                sys.stderr.flush()

    def _phase(self, now_s: float) -> str:
        if now_s < 0:
            return f"T0 in {-now_s:.0f} s"
        for phase in self._scenario.phases:
            start, end = self._scenario.span(phase.name)
            if start <= now_s < end:
                return phase.name
        return "draining"

    def _line(self, view: View) -> str:
        outcomes = " ".join(f"{outcome.label} {view.window.total[outcome]}" for outcome in Outcome if outcome in view.window.total)
        left = max(0.0, self._scenario.lasts_s - view.now_s)
        faults = "".join(f" | {part}" for part in (view.workers, ", ".join(view.faults)) if part)
        return (
            f"{view.now_s:6.1f} s  {self._phase(view.now_s):<12} {left:3.0f} s left  {view.window.rate(_RATE_S):6.1f} attempts/s  "
            f"p99 ~{_ms(view.window.percentile_ms(0.99))}  {outcomes}{faults}"
        )

    def _panel(self, view: View) -> Panel:
        left = max(0.0, self._scenario.lasts_s - view.now_s)
        head = Table.grid(padding=(0, 2))
        head.add_row(
            Text(self._phase(view.now_s), style="bold"),
            ProgressBar(total=self._scenario.lasts_s, completed=max(0.0, view.now_s), width=40),
            f"{left:.0f} s left",
        )
        if self._place:
            done_s = self._place.before_s + max(0.0, min(view.now_s, self._scenario.lasts_s))
            bar = ProgressBar(total=self._place.total_s, completed=done_s, width=40)
            head.add_row(f"{self._place.number} of {self._place.count}", bar, f"{(self._place.total_s - done_s) / 60:.0f} min left of all")
        figures = Table.grid(padding=(0, 2))
        attempts = _sparkline([float(second.count) for second in view.window.seconds])
        figures.add_row("attempts/s", f"[bold]{view.window.rate(_RATE_S):.0f}[/bold]", attempts)
        p50, p99 = view.window.percentile_ms(0.5), view.window.percentile_ms(0.99)
        worst = [max(second.latencies_ms, default=0.0) for second in view.window.seconds]
        figures.add_row("latency", f"p50 ~{_ms(p50)}  p99 ~{_ms(p99)}", _sparkline(worst))
        parts = [self._outcomes(view), *(Text(f"⚡ {harmless(fault)}", style="bold red") for fault in view.faults)]
        if view.workers:
            parts.append(Text(harmless(view.workers), style="dim"))
        if view.note:
            parts.append(Text(harmless(view.note), style="dim"))
        return Panel(Group(head, figures, *parts), title=f"stormdrill · {self._scenario.name}", title_align="left", border_style="dim")

    @staticmethod
    def _outcomes(view: View) -> Text:
        text = Text()
        for outcome in Outcome:
            count = view.window.total.get(outcome, 0)
            text.append(f"{outcome.label} ", style="dim")
            text.append(f"{count}   ", style=_COLOURS[outcome] if count else "dim")
        return text


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"


def _sparkline(values: list[float]) -> str:
    top = max(values, default=0.0) or 1.0
    return "".join(_BARS[round(value / top * (len(_BARS) - 1))] for value in values[-50:])
