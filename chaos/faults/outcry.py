"""Many people say at once what they think of the campaign."""

from typing import Literal

from pydantic import Field

from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class Outcry(Fault):
    """Voices in one of the suppliers' feeds. What was said stays said: there is nothing to take back, and it ages by itself."""

    feed: Literal["sentiment", "complaints"]
    bad: int = Field(ge=0, le=500)
    good: int = Field(default=0, ge=0, le=500)

    def scope(self) -> Scope:
        """Its feed."""
        return Scope(kind="supplier", name=self.feed)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The feed, and how much it has told already."""
        return FaultTarget(part=self.feed, notes={"said": handles.suppliers().said(self.feed)})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its fields say all
        """They say it."""
        handles.suppliers().say(self.feed, [-0.9] * self.bad + [0.9] * self.good)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The feed tells it."""
        more = handles.suppliers().said(self.feed) - float(target.notes["said"])
        return ProbeResult(holds=more >= self.bad + self.good, evidence=f"{self.feed} tells {more:g} more voices")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing: it ages."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """It is nothing that is broken."""
        return ProbeResult(holds=True, evidence=f"what was said in {self.feed} ages by itself")
