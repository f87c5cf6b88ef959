"""Where latency lay, second by second: the darker, the more operations."""

import numpy as np
from matplotlib.colors import to_rgb

from reports.evidence import Evidence
from reports.measures.aggregation import Operations
from reports.measures.arrays import Floats
from reports.output.charts.canvas import AMBER, BLUE, RED, Chart, finished, quiet, sheet
from reports.output.charts.marks import draw_marks, marks

_ROWS = 44
_LEAST_MS = 0.5
_AT_ONCE = 1 << 18


def heatmap(evidence: Evidence) -> Chart:
    """Operations by second of their first intent and by latency; what was never answered stands at the time it was given up."""
    sent = evidence.traffic.sent.operations
    seconds = max(1, int(np.ceil(evidence.load_ends_s)))
    most_ms = max(1000.0, float(sent.latency_us.max(initial=0)) / 1000) * 1.2
    counts = _counts(sent, np.geomspace(_LEAST_MS, most_ms, _ROWS + 1), seconds)
    with sheet("heatmap", 540, 280) as figure:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.11, right=0.965, top=0.985, bottom=0.1)
        quiet(axes)
        axes.imshow(
            _ink(counts), origin="lower", aspect="auto", interpolation="nearest", extent=(0, seconds, 0, _ROWS), resample=False, zorder=2
        )
        ticks_ms = [tick for tick in (1, 10, 100, 1000, 10_000, 100_000) if tick <= most_ms]
        place = _ROWS / np.log(most_ms / _LEAST_MS)
        axes.set_yticks(
            [np.log(tick / _LEAST_MS) * place for tick in ticks_ms],
            [f"{tick} ms" if tick < 1000 else f"{tick // 1000} s" for tick in ticks_ms],  # noqa: PLR2004 - a second
        )
        axes.set_xlim(0, max(1.0, evidence.load_ends_s))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
        (line,) = evidence.traffic.quantile_lines_ms(0.99)
        axes.plot(np.arange(seconds) + 0.5, np.log(np.maximum(line, _LEAST_MS) / _LEAST_MS) * place, color=AMBER, linewidth=1.4, zorder=3)
        draw_marks(axes, [mark for mark in marks(evidence) if mark.colour == RED or not mark.dashed])
        return finished("heatmap", "Latency of operations over the run as a heat map, with the line of the 99th percentile", figure)


def _counts(sent: Operations, edges_ms: Floats, seconds: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """How many operations took so long in that second, by rows of `edges_ms`; some of them at a time."""
    counts = np.zeros((len(edges_ms) - 1, seconds))
    for start in range(0, len(sent), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        took_ms = np.maximum(sent.latency_us[block] / 1000, _LEAST_MS)
        counts += np.histogram2d(took_ms, sent.intended_ns[block] / 1e9, bins=(edges_ms, np.arange(seconds + 1)))[0]
    return counts


def _ink(counts: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]":
    """One colour, as strong as the count: it reads on a light page and on a dark one."""
    strength = np.sqrt(counts / max(1.0, float(counts.max(initial=1.0))))
    ink = np.zeros((*counts.shape, 4), np.uint8)
    ink[..., :3] = np.round(np.array(to_rgb(BLUE)) * 255)
    ink[..., 3] = np.where(counts > 0, np.round(40 + 215 * strength), 0)
    return ink
