"""Lets no more than `rate` kilobytes a second through; 0 lets nothing through."""

import math
from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Stage, TimedStage, Toxic

_SLICE_S = 0.02  # a chunk leaves in slices of so much time, so that a slow link trickles rather than gulps


class _Narrow(TimedStage):
    @property
    def _bytes_per_s(self) -> int:
        return max(0, cast("Bandwidth", self.toxic).rate) * 1000

    def slice(self, chunk: bytes) -> int:
        return min(len(chunk), max(1, int(self._bytes_per_s * _SLICE_S)))

    def due(self, came_s: float, size: int) -> float:
        begins_s = max(came_s, self.last_s)
        if size == 0:
            return begins_s
        return begins_s + size / self._bytes_per_s if self._bytes_per_s else math.inf


@dataclass(frozen=True, slots=True)
class Bandwidth(Toxic):
    """`rate` in kilobytes (1,000 bytes) a second."""

    kind: ClassVar[str] = "bandwidth"
    stage: ClassVar[type[Stage]] = _Narrow
    rate: int = 0
