"""Delays everything, and the end, by `latency` ± `jitter` milliseconds; order is kept."""

import random
from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Stage, TimedStage, Toxic

_CLOCK_MS = 1.0  # the loop's clock moves in milliseconds: without one more, a delay would now and then be shorter than it was asked for


class _Delay(TimedStage):
    def _due(self) -> float:
        toxic = cast("Latency", self.toxic)
        jitter_ms = random.uniform(-toxic.jitter, toxic.jitter) if toxic.jitter else 0.0  # noqa: S311 - noise, not a secret
        delay_ms = toxic.latency + jitter_ms
        return self.loop.time() + (delay_ms + _CLOCK_MS) / 1000 if delay_ms > 0 else self.loop.time()

    def feed(self, chunk: bytes) -> None:
        self.schedule(self._due(), chunk)

    def eof(self) -> None:
        self.schedule(self._due(), None)


@dataclass(frozen=True, slots=True)
class Latency(Toxic):
    """`latency` and `jitter` in milliseconds."""

    kind: ClassVar[str] = "latency"
    stage: ClassVar[type[Stage]] = _Delay
    latency: int = 0
    jitter: int = 0
