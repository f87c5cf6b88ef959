"""Whether the target is whole, as its own file defines it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from chaos.errors import OutOfReach
from chaos.handles.http import call
from chaos.handles.switch import with_secrets
from scenarios.errors import BadInput
from scenarios.strict import Strict
from scenarios.target.fields import PathText, PredicateText
from scenarios.target.model import Health
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import compile_path
from scenarios.target.services import Tls
from scenarios.target.templates import TextTemplate


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe saw: whether what it asks about holds, and the evidence."""

    holds: bool
    evidence: str
    answered: bool = True  # whether there was anybody to ask; silence is no answer


class HealthCheck(Strict):
    """A target's health, its address known: one writer, its synchronous standby, all nodes serving."""

    url: str
    headers: dict[str, str] = {}  # their secrets are placeholders still: a lease holds none
    healthy: PredicateText
    reason: PathText | None = None
    writers: PathText | None = None

    @classmethod
    def of(cls, health: Health, statics: Mapping[str, object]) -> Self:
        """Fills the placeholders of its address. Raises BadInput where nothing is known to fill one with."""
        url = TextTemplate.of(health.url).render(statics)
        return cls(url=url, headers=health.headers, healthy=health.healthy, reason=health.reason, writers=health.writers)

    def probe(self, secrets: Mapping[str, str], tls: Tls | None = None) -> ProbeResult:
        """Asks once, with the secrets by their names, by TLS as that says. A target that cannot be asked is not healthy."""
        try:
            response = call("GET", self.url, headers=filled(self.headers, secrets), tls=tls)
        except (OutOfReach, BadInput) as error:
            return ProbeResult(holds=False, evidence=str(error), answered=False)
        if compile_predicate(self.healthy)(response):
            return ProbeResult(holds=True, evidence="the target is whole")
        reason = compile_path(self.reason)(response) if self.reason else None
        return ProbeResult(holds=False, evidence=str(reason) if reason else f"HTTP {response.status} at {self.url}")

    def count_writers(self, secrets: Mapping[str, str], tls: Tls | None = None) -> int | None:
        """How many parts accept writes now; None where the target does not say, or cannot be asked."""
        if self.writers is None:
            return None
        try:
            told = compile_path(self.writers)(call("GET", self.url, headers=filled(self.headers, secrets), tls=tls))
        except (OutOfReach, BadInput):
            return None
        found = len(told) if isinstance(told, list) else told
        return found if isinstance(found, int) else None


def filled(headers: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """Headers with their secrets. Raises BadInput where one is not known."""
    scope = with_secrets({}, secrets)
    return {name: TextTemplate.of(text).render(scope) for name, text in headers.items()}
