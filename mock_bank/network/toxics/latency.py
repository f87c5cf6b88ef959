"""Delays everything, and the end, by `latency` ± `jitter` milliseconds; order is kept."""

import random
from dataclasses import dataclass
from typing import ClassVar, cast

from mock_bank.network.toxics.stage import Stage, TimedStage, Toxic


class _Delay(TimedStage):
    def due(self, came_s: float, size: int) -> float:  # noqa: ARG002 - the end is delayed like the rest
        toxic = cast("Latency", self.toxic)
        jitter_ms = random.uniform(-toxic.jitter, toxic.jitter) if toxic.jitter > 0 else 0.0  # noqa: S311 - noise, not a secret
        return came_s + (toxic.latency + jitter_ms) / 1000


@dataclass(frozen=True, slots=True)
class Latency(Toxic):
    """`latency` and `jitter` in milliseconds."""

    kind: ClassVar[str] = "latency"
    stage: ClassVar[type[Stage]] = _Delay
    latency: int = 0
    jitter: int = 0
