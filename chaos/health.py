"""Whether the target is whole, as its own file defines it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from chaos.errors import OutOfReach
from chaos.handles.http import read
from chaos.handles.switch import with_secrets
from scenarios.client.http import NO_PINS, Pins
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


@dataclass(frozen=True, slots=True)
class Claims:
    """What a target says of itself, besides whether it is whole."""

    writers: int | None  # how many parts accept writes; None: it does not say
    tells_lag: bool  # whether its file says where it tells of a lag
    lag_ms: float | None  # by which its standby is behind; None: it claims nothing


class HealthCheck(Strict):
    """A target's health, its address known: one writer, its synchronous standby, all nodes serving."""

    url: str
    headers: dict[str, str] = {}  # their secrets are placeholders still: a lease holds none
    healthy: PredicateText
    reason: PathText | None = None
    writers: PathText | None = None
    lag_ms: PathText | None = None

    @classmethod
    def of(cls, health: Health, statics: Mapping[str, object]) -> Self:
        """Fills the placeholders of its address. Raises BadInput where nothing is known to fill one with."""
        url = TextTemplate.of(health.url).render(statics)
        said = health.model_dump(exclude={"url"})
        return cls(url=url, **said)

    @property
    def claims_something(self) -> bool:
        """Whether its file says where it tells of its writers or of a lag."""
        return self.writers is not None or self.lag_ms is not None

    def probe(self, secrets: Mapping[str, str], tls: Tls | None = None, pins: Pins = NO_PINS) -> ProbeResult:
        """Asks once, with the secrets by their names, by TLS as that says, at the addresses that are pinned.

        A target that cannot be asked is not healthy.
        """
        try:
            response = read(self.url, pins, headers=filled(self.headers, secrets), tls=tls)
        except (OutOfReach, BadInput) as error:
            return ProbeResult(holds=False, evidence=str(error), answered=False)
        if compile_predicate(self.healthy)(response):
            return ProbeResult(holds=True, evidence="the target is whole")
        reason = compile_path(self.reason)(response) if self.reason else None
        return ProbeResult(holds=False, evidence=str(reason) if reason else f"HTTP {response.status} at {self.url}")

    def claims(self, secrets: Mapping[str, str], tls: Tls | None = None, pins: Pins = NO_PINS) -> "Claims | None":
        """What the target says of itself now; None where it is not to be asked, or cannot be. Asks as `probe`."""
        if not self.claims_something:
            return None
        try:
            answer = read(self.url, pins, headers=filled(self.headers, secrets), tls=tls)
        except (OutOfReach, BadInput):
            return None
        told = compile_path(self.writers)(answer) if self.writers else None
        writers = len(told) if isinstance(told, list) else told
        lag = compile_path(self.lag_ms)(answer) if self.lag_ms else None
        return Claims(
            writers=writers if isinstance(writers, int) and not isinstance(writers, bool) else None,
            tells_lag=self.lag_ms is not None,
            lag_ms=float(lag) if isinstance(lag, (int, float)) and not isinstance(lag, bool) else None,
        )


def filled(headers: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """Headers with their secrets. Raises BadInput where one is not known."""
    scope = with_secrets({}, secrets)
    return {name: TextTemplate.of(text).render(scope) for name, text in headers.items()}
