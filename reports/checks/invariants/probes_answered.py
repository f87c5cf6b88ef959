"""Who sends a key again is answered: an error or "busy" each time keeps from him what became of his request."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import few, many
from reports.measures.calm import in_calm
from reports.measures.chance import by_chance
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import Records

ID = "probes-answered"
TITLE = "Who asks again gets an answer"
KIND = Kind.INVARIANT

_MUTE = (0, Outcome.UNKNOWN, Outcome.SHED)
_CHANCE = 1e-4
"""Three of three that are mute, beside sixty others of which none is, is less likely than this."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """Probes of one kind beside the honest sendings of the same operation: how many there were, and how many without an answer."""

    name: str
    probes: int
    mute: int
    others: int
    mute_others: int

    @property
    def is_chance(self) -> bool:
        """Whether the probes may be mute for what makes the others so."""
        return by_chance(self.mute, self.probes, self.mute_others, self.others) >= _CHANCE


def check(evidence: Evidence) -> list[Finding]:
    """In the calm of the run, the probes of each kind that got no definite answer beside honest requests of the same operation."""
    acks = evidence.acks[in_calm(evidence, evidence.acks["intended_ns"] / 1e9)]
    compared = list(_compared(acks, evidence.plan.operations))
    if not compared:
        return []
    bad = [one for one in compared if not one.is_chance]
    asked, mute = sum(one.probes for one in compared), sum(one.mute for one in bad)
    shown = [
        f"{one.name}: {one.mute} of {one.probes} without an answer, of other requests {one.mute_others} of {one.others}" for one in bad
    ]
    detail = f"{many(asked, 'probe')} of repeated, misused or missing keys; {mute or 'none'} left without an answer that others get"
    return [judged(not bad, ID, mute, 0, "probes", detail, few(shown))]


def _compared(acks: Records, operations: list[str]) -> Iterator[_Compared]:
    mute = np.isin(acks["outcome"], _MUTE)
    for op in np.unique(acks["operation_index"][acks["probe"] > Probe.FIRST]).tolist():
        mine = acks["operation_index"] == op
        honest = mine & (acks["probe"] <= Probe.FIRST)
        for probe in (Probe.REPLAY, Probe.MISMATCH, Probe.MISSING):
            asked = mine & (acks["probe"] == probe)
            if asked.any():
                name = f"{operations[op]} {probe.name.lower()}"
                yield _Compared(name, int(asked.sum()), int((asked & mute).sum()), int(honest.sum()), int((honest & mute).sum()))
