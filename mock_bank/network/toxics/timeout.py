"""Lets nothing through, and closes the connection after `timeout` milliseconds; 0 is a black hole until it is removed.

A stream that has lost bytes must never go on, or its two ends would speak past each other: removing the toxic closes the connection.
"""

from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import AlarmStage, Stage, Toxic


class _Hole(AlarmStage):
    def begin(self) -> None:
        self.cancel()
        if timeout_ms := cast("Timeout", self.toxic).timeout:
            self.after(timeout_ms / 1000)

    def ring(self) -> None:
        self.lane.close()

    def retire(self) -> None:
        self.cancel()
        self.lane.close()


@dataclass(frozen=True, slots=True)
class Timeout(Toxic):
    """`timeout` in milliseconds."""

    kind: ClassVar[str] = "timeout"
    stage: ClassVar[type[Stage]] = _Hole
    timeout: int = 0
