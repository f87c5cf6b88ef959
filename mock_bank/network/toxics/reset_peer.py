"""Ends the connection with a TCP reset, `timeout` milliseconds after it was opened or the toxic was added; 0 is at once."""

from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import AlarmStage, Stage, Toxic


class _Reset(AlarmStage):
    def begin(self) -> None:
        self.after(cast("ResetPeer", self.toxic).timeout / 1000)

    def ring(self) -> None:
        self.lane.reset()

    def retire(self) -> None:
        self.lane.reset()


@dataclass(frozen=True, slots=True)
class ResetPeer(Toxic):
    """`timeout` in milliseconds."""

    kind: ClassVar[str] = "reset_peer"
    stage: ClassVar[type[Stage]] = _Reset
    timeout: int = 0
