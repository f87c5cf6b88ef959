"""An effect happens inside its window, by the server's time; the window's end is outside it."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import column, integers, known, optional

ID = "windows"
TITLE = "Nothing before the bell, nothing after the end"
KIND = Kind.INVARIANT
READS = ("windows", "effects")


def check(evidence: Evidence) -> Finding:
    """The server's time of each effect that names a window, against [opens, closes)."""
    windows, effects = evidence.table("windows"), evidence.table("effects")
    opens, closes = integers(column(windows, "opens_ms"), "opens_ms"), integers(column(windows, "closes_ms"), "closes_ms")
    spans = dict(zip(map(str, column(windows, "window")), zip(opens.tolist(), closes.tolist(), strict=True), strict=True))
    window, at_ms = optional(effects, "window"), optional(effects, "at_ms")
    timed = np.flatnonzero(known(window) & known(at_ms))
    if not evidence.maps("effects", "window"):
        raise NoEvidence("the read-back's effects do not tell their window")
    placed = [(row, str(window[row]), int(at_ms[row])) for row in timed if str(window[row]) in spans]
    outside = [(row, name, at) for row, name, at in placed if not spans[name][0] <= at < spans[name][1]]
    business = optional(effects, "business")
    return judged(
        not outside,
        ID,
        len(outside),
        0,
        "effects",
        f"{many(len(placed), 'effect')} in {many(len(spans), 'window')}, {len(outside) or 'none'} outside",
        few(sorted(f"{business[row]} in {name}: {_where(at, *spans[name])}" for row, name, at in outside)),
    )


def _where(at_ms: int, opens_ms: int, closes_ms: int) -> str:
    return (
        f"{(opens_ms - at_ms) / 1000:.3f} s before it opens" if at_ms < opens_ms else f"{(at_ms - closes_ms) / 1000:.3f} s after it closed"
    )
