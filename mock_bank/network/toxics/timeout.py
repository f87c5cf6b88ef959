"""Lets no bytes through, and closes the connection when none have come for `timeout` milliseconds; 0 is a black hole until it is removed.

The end of the stream passes. A stream that has lost bytes must never go on, or its two ends would speak past each other: removing the toxic
closes the connection.
"""

import time
from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import AlarmStage, Lane, Stage, Toxic


class _Hole(AlarmStage):
    def __init__(self, lane: Lane, toxic: Toxic) -> None:
        super().__init__(lane, toxic)
        self._quiet_since_s = 0.0
        self._over = False

    def begin(self) -> None:
        self.cancel()
        self._quiet_since_s = time.monotonic()
        if not self._over and (timeout_ms := cast("Timeout", self.toxic).timeout) > 0:
            self.after(timeout_ms / 1000)

    def feed(self, chunk: bytes) -> None:  # noqa: ARG002 - it is dropped
        self._quiet_since_s = time.monotonic()

    def ring(self) -> None:
        left_s = self._quiet_since_s + cast("Timeout", self.toxic).timeout / 1000 - time.monotonic()
        if left_s > 0:
            self.after(left_s)
        else:
            self._end()

    def eof(self) -> None:
        if not self._over:
            self._over = True
            self.cancel()
            self.follow.eof()

    def retire(self) -> None:
        self._end()

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self.cancel()
            self.lane.close(self)


@dataclass(frozen=True, slots=True)
class Timeout(Toxic):
    """`timeout` in milliseconds."""

    kind: ClassVar[str] = "timeout"
    stage: ClassVar[type[Stage]] = _Hole
    timeout: int = 0
