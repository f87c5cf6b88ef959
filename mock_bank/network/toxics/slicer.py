"""Cuts what passes into pieces of `average_size` ± `size_variation` bytes, each a write of its own, `delay` microseconds apart.

A size of 0 cuts nothing.
"""

import random
from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Stage, TimedStage, Toxic

_LEAST_S = 1e-6  # what is written in one turn of the loop leaves as one packet


class _Slices(TimedStage):
    finest_s = 0.0

    def slice(self, chunk: bytes) -> int:
        toxic = cast("Slicer", self.toxic)
        if toxic.average_size <= 0:
            return len(chunk)
        variation = max(0, toxic.size_variation)
        size = random.randint(toxic.average_size - variation, toxic.average_size + variation)  # noqa: S311 - noise, not a secret
        return min(len(chunk), max(1, size))

    def due(self, came_s: float, size: int) -> float:  # noqa: ARG002 - the end waits for the last piece's delay
        return max(came_s, self.last_s + max(_LEAST_S, cast("Slicer", self.toxic).delay / 1e6))


@dataclass(frozen=True, slots=True)
class Slicer(Toxic):
    """`average_size` and `size_variation` in bytes, `delay` in microseconds."""

    kind: ClassVar[str] = "slicer"
    stage: ClassVar[type[Stage]] = _Slices
    average_size: int = 0
    size_variation: int = 0
    delay: int = 0
