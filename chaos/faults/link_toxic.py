"""A link between two parts that is slow, silent or breaks its connections."""

from typing import Literal
from uuid import uuid4

from pydantic import Field, model_validator

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.probe import Sign, probe, usual
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_ANSWER_S = 1.0


class LinkToxic(Fault):
    """A toxic on a link: latency (shown by a measured delay), timeout (by silence) or reset_peer (by a broken connection)."""

    link: str = Field(default="", description="by its name; without one that of replication, from the primary of that moment")
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
        """Its link; which one replication takes is known only then."""
        return Scope(kind="link", name=self.link)

    def check(self, handles: Handles) -> None:
        """There is such a link."""
        handles.link_proxy().link(self._name(handles))

    def find_target(self, handles: Handles) -> FaultTarget:
        """The link's address, a name for the toxic, and what the link does without it. Refuses one where nothing could show the toxic."""
        link = handles.link_proxy().link(self._name(handles))
        known = usual(link.listen, deadline_s=_ANSWER_S)
        self._check_shown(link.name, known.sign)
        toxic = f"stormdrill-{uuid4().hex[:8]}"
        notes: dict[str, str | float] = {"toxic": toxic, "listen": link.listen, "word": known.word}
        return FaultTarget(part=link.name, notes=notes | {"usual": known.sign.how, "usual_ms": known.sign.after_ms})

    def _check_shown(self, link: str, usually: Sign) -> None:
        """Raises NoTarget where a probe could not tell the toxic from what it meets without it."""
        if self.toxic == "latency" and usually.how in ("answered", "closed") and self._shown_by(usually, usually):
            raise NoTarget(f"a probe through {link} takes {usually.after_ms:.0f} ms as it is: {self.latency_ms} ms more would not show")
        if self.toxic != "latency" and self._shown_by(usually, Sign("closed", 0.0)):
            raise NoTarget(f"a probe through {link} is {usually.how} as it is: {self.toxic} would not show")
        if self.toxic == "timeout" and self.stream == "downstream" and usually.how != "answered":
            raise NoTarget(f"a probe through {link} is {usually.how}, never answered: silence {self.stream} would not show")

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Puts the toxic on."""
        attributes = {"latency": self.latency_ms, "jitter": self.jitter_ms} if self.toxic == "latency" else {"timeout": 0}
        handles.link_proxy().add(target.part, str(target.notes["toxic"]), self.toxic, self.stream, attributes, 1.0)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own through the link is delayed, met by silence or broken."""
        notes, deadline_s = target.notes, _ANSWER_S + (self.latency_ms + self.jitter_ms) / 1000
        sign = probe(str(notes["listen"]), deadline_s=deadline_s, word=str(notes["word"]))
        usually = Sign(str(notes["usual"]), float(notes["usual_ms"]))
        seen = f"{sign.how} after {sign.after_ms:.0f} ms (usually {usually.how} after {usually.after_ms:.1f} ms)"
        return ProbeResult(holds=self._shown_by(sign, usually), evidence=f"a probe through {target.part}: {seen}")

    def _shown_by(self, sign: Sign, usually: Sign) -> bool:
        """Whether a sign shows the toxic, on a link that gives the usual one without it."""
        match self.toxic:
            case "latency":
                least_ms = usually.after_ms / 2 + 0.9 * (self.latency_ms - self.jitter_ms)
                return sign.how in ("answered", "closed") and sign.after_ms >= least_ms
            case "timeout":  # the end of a stream passes it; what was said before that does not
                return sign.how == "silent" or (sign.how == "closed" and usually.how == "answered")
            case "reset_peer":
                return sign.how == "reset"

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Takes the toxic off."""
        handles.link_proxy().remove(target.part, str(target.notes["toxic"]))

    def by_hand(self, target: FaultTarget) -> str:
        """Take the toxic off."""
        return f"take the toxic off the link {target.part} at its proxy: DELETE /proxies/{target.part}/toxics/{target.notes['toxic']}"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The proxy knows the toxic no more, and the link answers."""
        link = handles.link_proxy().link(target.part)
        if target.notes["toxic"] in link.toxic_names:
            return ProbeResult(holds=False, evidence=f"the toxic is still on {target.part}")
        sign = probe(link.listen, deadline_s=_ANSWER_S)
        return ProbeResult(
            holds=sign.how in ("answered", "closed"), evidence=f"a probe through {target.part}: {sign.how} after {sign.after_ms:.1f} ms"
        )

    def _name(self, handles: Handles) -> str:
        return self.link or handles.topology().replication_link()
