"""Lets no more than `rate` kilobytes a second through; 0 is no limit."""

from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Stage, TimedStage, Toxic

_SLICE_S = 0.02  # a chunk leaves in slices of so much time, so that a slow link trickles rather than gulps


class _Narrow(TimedStage):
    def feed(self, chunk: bytes) -> None:
        bytes_per_s = cast("Bandwidth", self.toxic).rate * 1000
        if not bytes_per_s:
            self.schedule(0.0, chunk)
            return
        size = max(1, int(bytes_per_s * _SLICE_S))
        due = max(self.loop.time(), self.last_due)
        for start in range(0, len(chunk), size):
            piece = chunk[start : start + size]
            due += len(piece) / bytes_per_s
            self.schedule(due, piece)

    def eof(self) -> None:
        self.schedule(0.0, None)


@dataclass(frozen=True, slots=True)
class Bandwidth(Toxic):
    """`rate` in kilobytes (1,000 bytes) a second."""

    kind: ClassVar[str] = "bandwidth"
    stage: ClassVar[type[Stage]] = _Narrow
    rate: int = 0
