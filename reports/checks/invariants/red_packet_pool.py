"""The sum of the red packets stays inside their pool, and each inside its bounds."""

from collections import defaultdict

import numpy as np
import pandas as pd

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import few, many, yuan
from reports.measures.arrays import column, integers, known, optional

ID = "red-packet-pool"
TITLE = "Red packets stay inside their pool"
KIND = Kind.INVARIANT
READS = ("windows", "effects")
PLAN = ("P4-04",)

RED_PACKETS = "redpacket"
"""Red packets are the effects of the logical operations whose names begin so, as redpacket.open."""


def check(evidence: Evidence) -> list[Finding]:
    """Each pool against the packets drawn from it; a packet that names no window belongs to the only pool there is."""
    windows, effects = evidence.table("windows"), evidence.table("effects")
    pools = windows[known(optional(windows, "pool_fen"))]
    if not len(pools):
        return []
    packets = effects[[str(op).startswith(RED_PACKETS) for op in column(effects, "op")]]
    only = str(column(pools, "window")[0]) if len(pools) == 1 else ""
    drawn: dict[str, list[int]] = defaultdict(list)
    window = optional(packets, "window")
    for row, fen in enumerate(integers(column(packets, "amount_fen"), "amount_fen").tolist()):
        drawn[str(window[row]) if known(window)[row] else only].append(fen)
    over, outside, shown = 0, 0, []
    for _, pool in pools.iterrows():
        amounts = np.array(drawn[str(pool["window"])], np.int64)
        beyond = max(0, int(amounts.sum()) - int(pool["pool_fen"]))
        odd = amounts[(amounts < _bound(pool, "least_fen", 0)) | (amounts > _bound(pool, "most_fen", np.iinfo(np.int64).max))]
        over, outside = over + beyond, outside + len(odd)
        shown += [f"{pool['window']}: {beyond} fen more than its pool"] if beyond else []
        shown += [f"{pool['window']}: a packet of {fen} fen" for fen in sorted(odd.tolist())]
    total = sum(map(sum, drawn.values()))
    return [
        judged(
            not over and not outside,
            ID,
            over + outside,
            0,
            "breaches",
            f"{many(len(packets), 'packet')}, {yuan(total)} in all; {over or 'no'} fen beyond the pool, {outside or 'none'} out of bounds",
            few(shown),
        )
    ]


def _bound(pool: "pd.Series[int]", name: str, otherwise: int) -> int:
    return int(pool[name]) if name in pool and pool[name] is not None else otherwise
