"""A link between two parts that is slow, silent or breaks its connections."""

from typing import Literal
from uuid import uuid4

from pydantic import Field, model_validator

from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.probe import probe, usual_ms
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_ANSWER_S = 1.0


class LinkToxic(Fault):
    """A toxic on a link: latency (shown by a measured delay), timeout (by silence) or reset_peer (by a broken connection)."""

    link: str
    toxic: Literal["latency", "timeout", "reset_peer"] = "latency"
    stream: Literal["upstream", "downstream"] = "downstream"
    latency_ms: int = Field(default=200, ge=1, le=10_000)
    jitter_ms: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _jitter_fits(self) -> "LinkToxic":
        if self.jitter_ms >= self.latency_ms:
            raise ValueError(f"jitter_ms {self.jitter_ms} must be less than latency_ms {self.latency_ms}")
        return self

    def scope(self) -> Scope:
        """Its link."""
        return Scope(kind="link", name=self.link)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The link's address, a name for the toxic, and what the link's delay is without it."""
        link = handles.link_proxy().link(self.link)
        usual = usual_ms(link.listen, deadline_s=_ANSWER_S)
        return FaultTarget(part=self.link, notes={"toxic": f"stormdrill-{uuid4().hex[:8]}", "listen": link.listen, "usual_ms": usual})

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Puts the toxic on."""
        attributes = {"latency": self.latency_ms, "jitter": self.jitter_ms} if self.toxic == "latency" else {"timeout": 0}
        handles.link_proxy().add(self.link, str(target.notes["toxic"]), self.toxic, self.stream, attributes, 1.0)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own through the link is delayed, met by silence or broken."""
        deadline_s = _ANSWER_S + (self.latency_ms + self.jitter_ms) / 1000
        sign = probe(str(target.notes["listen"]), deadline_s=deadline_s)
        seen = f"a probe through {self.link}: {sign.how} after {sign.after_ms:.0f} ms (usually {float(target.notes['usual_ms']):.1f} ms)"
        match self.toxic:
            case "latency":
                least = float(target.notes["usual_ms"]) / 2 + 0.9 * (self.latency_ms - self.jitter_ms)
                return ProbeResult(holds=sign.how in ("answered", "closed") and sign.after_ms >= least, evidence=seen)
            case "timeout":
                return ProbeResult(holds=sign.how == "silent", evidence=seen)
            case "reset_peer":
                return ProbeResult(holds=sign.how == "reset", evidence=seen)

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Takes the toxic off."""
        handles.link_proxy().remove(self.link, str(target.notes["toxic"]))

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The proxy knows the toxic no more, and the link answers."""
        link = handles.link_proxy().link(self.link)
        if target.notes["toxic"] in link.toxic_names:
            return ProbeResult(holds=False, evidence=f"the toxic is still on {self.link}")
        sign = probe(link.listen, deadline_s=_ANSWER_S)
        return ProbeResult(
            holds=sign.how in ("answered", "closed"), evidence=f"a probe through {self.link}: {sign.how} after {sign.after_ms:.1f} ms"
        )
