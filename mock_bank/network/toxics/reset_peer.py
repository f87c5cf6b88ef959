"""Ends the connection with a TCP reset, `timeout` milliseconds after the next bytes, or the end, have come; these are lost.

What has lost bytes must never go on, or its two ends would speak past each other: once they have come, removing the toxic resets, too.
"""

from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import AlarmStage, Stage, Toxic


class _Reset(AlarmStage):
    def feed(self, chunk: bytes) -> None:  # noqa: ARG002 - it is dropped
        self.eof()

    def eof(self) -> None:
        if self.armed:
            return
        if (timeout_ms := cast("Reset", self.toxic).timeout) > 0:
            self.after(timeout_ms / 1000)
        else:
            self.ring()

    def ring(self) -> None:
        self.lane.reset()

    def retire(self) -> None:
        if self.armed:
            self.ring()


@dataclass(frozen=True, slots=True)
class Reset(Toxic):
    """`timeout` in milliseconds."""

    kind: ClassVar[str] = "reset_peer"
    stage: ClassVar[type[Stage]] = _Reset
    timeout: int = 0
