"""Lets the bytes through and holds the end of the stream back for `delay` milliseconds."""

from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Stage, TimedStage, Toxic


class _Linger(TimedStage):
    def due(self, came_s: float, size: int) -> float:
        return came_s if size else came_s + cast("SlowClose", self.toxic).delay / 1000


@dataclass(frozen=True, slots=True)
class SlowClose(Toxic):
    """`delay` in milliseconds."""

    kind: ClassVar[str] = "slow_close"
    stage: ClassVar[type[Stage]] = _Linger
    delay: int = 0
