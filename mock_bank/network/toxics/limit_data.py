"""Closes the connection once `bytes` have passed since the toxic came."""

from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Lane, Stage, Toxic


class _Quota(Stage):
    def __init__(self, lane: Lane, toxic: Toxic) -> None:
        super().__init__(lane, toxic)
        self._passed = 0
        self._over = False

    def feed(self, chunk: bytes) -> None:
        if self._over:
            return
        left = cast("LimitData", self.toxic).bytes - self._passed
        self._passed += len(chunk)
        if left > 0:
            self.follow.feed(chunk[:left])
        if left <= len(chunk):
            self._over = True
            self.lane.close(self)

    def eof(self) -> None:
        if not self._over:
            self.follow.eof()


@dataclass(frozen=True, slots=True)
class LimitData(Toxic):
    """`bytes` that may pass."""

    kind: ClassVar[str] = "limit_data"
    stage: ClassVar[type[Stage]] = _Quota
    bytes: int = 0
