"""Does nothing: what passes, passes."""

from dataclasses import dataclass
from typing import ClassVar

from mock_bank.network.toxics.stage import Stage, Toxic


@dataclass(frozen=True, slots=True)
class Noop(Toxic):
    """It has no attributes."""

    kind: ClassVar[str] = "noop"
    stage: ClassVar[type[Stage]] = Stage
