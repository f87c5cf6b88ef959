"""Whether the target is whole, as its own file defines it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from chaos.errors import OutOfReach
from chaos.handles.http import call
from scenarios.strict import Strict
from scenarios.target.fields import PathText, PredicateText
from scenarios.target.model import Health, Target
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import compile_path
from scenarios.target.templates import TextTemplate


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe saw: whether what it asks about holds, and the evidence."""

    holds: bool
    evidence: str


class HealthCheck(Strict):
    """A target's health, its address known: one writer, its synchronous standby, all nodes serving."""

    url: str
    healthy: PredicateText
    reason: PathText | None = None

    @classmethod
    def of(cls, health: Health, statics: Mapping[str, object]) -> Self:
        """Fills the placeholders of its address. Raises BadInput where nothing is known to fill one with."""
        return cls(url=TextTemplate.of(health.url).render(statics), healthy=health.healthy, reason=health.reason)

    def probe(self) -> ProbeResult:
        """Asks once. A target that cannot be asked is not healthy."""
        try:
            response = call("GET", self.url)
        except OutOfReach as error:
            return ProbeResult(holds=False, evidence=str(error))
        if compile_predicate(self.healthy)(response):
            return ProbeResult(holds=True, evidence="the target is whole")
        reason = compile_path(self.reason)(response) if self.reason else None
        return ProbeResult(holds=False, evidence=str(reason) if reason else f"HTTP {response.status} at {self.url}")


def target_health(target: Target, statics: Mapping[str, object]) -> ProbeResult | None:
    """Whether the target is whole now; None where its file does not say how to tell."""
    return HealthCheck.of(target.health, statics).probe() if target.health else None
