"""Lets the bytes through and holds the end of the stream back for `delay` milliseconds."""

from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Stage, TimedStage, Toxic


class _Linger(TimedStage):
    def eof(self) -> None:
        self.schedule(self.loop.time() + cast("SlowClose", self.toxic).delay / 1000, None)


@dataclass(frozen=True, slots=True)
class SlowClose(Toxic):
    """`delay` in milliseconds."""

    kind: ClassVar[str] = "slow_close"
    stage: ClassVar[type[Stage]] = _Linger
    delay: int = 0
