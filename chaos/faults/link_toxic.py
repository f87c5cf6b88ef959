"""A link between two parts that is slow, silent or breaks its connections."""

from typing import Literal
from urllib.parse import quote
from uuid import uuid4

from pydantic import Field, model_validator

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.probe import HEARD, Sign, Usual, probe, unasked, usual
from chaos.handles.toxiproxy import Link
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_ANSWER_S = 1.0
_SHOWN_BEHIND = {  # what a link must usually do, so that a probe can tell the toxic from that
    ("latency", "upstream"): HEARD,
    ("latency", "downstream"): HEARD,
    ("timeout", "upstream"): HEARD | {"reset"},
    ("timeout", "downstream"): {"answered"},  # the end of a stream passes it
    ("reset_peer", "upstream"): HEARD | {"silent"},
    ("reset_peer", "downstream"): HEARD,  # it waits for bytes, or the end
}


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
        self._check_shown(link, known.sign)
        toxic = f"stormdrill-{uuid4().hex[:8]}"
        return FaultTarget(part=link.name, notes={"toxic": toxic, "listen": link.listen} | known.notes())

    def _check_shown(self, link: Link, usually: Sign) -> None:
        """Raises NoTarget where a probe could not tell the toxic from what it meets without it."""
        wanted, through = _SHOWN_BEHIND[self.toxic, self.stream], f"a probe through {link.name}"
        if usually.how not in wanted:
            unshown = f"{self.toxic} {self.stream} would not show; it would where that is {' or '.join(sorted(wanted))}"
            raise NoTarget(f"{through} is {usually.how} as it is: {unshown}")
        if self.toxic == "latency" and self._shown_by(usually, usually):
            raise NoTarget(f"{through} takes {usually.after_ms:.0f} ms as it is: {self.latency_ms} ms more would not show")
        if self.stream == "upstream" and usually.how != "silent" and (first := unasked(link.listen, usually)).how != "silent":
            raise NoTarget(f"{through} is {first.how} before it says a word: {self.toxic} upstream would not show")

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Puts the toxic on."""
        attributes = {"latency": self.latency_ms, "jitter": self.jitter_ms} if self.toxic == "latency" else {"timeout": 0}
        handles.link_proxy().add(target.part, str(target.notes["toxic"]), self.toxic, self.stream, attributes, 1.0)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own through the link is delayed, met by silence or broken."""
        known, deadline_s = Usual.noted(target.notes), _ANSWER_S + (self.latency_ms + self.jitter_ms) / 1000
        sign, usually = probe(str(target.notes["listen"]), deadline_s=deadline_s, word=known.word), known.sign
        seen = f"{sign.how} after {sign.after_ms:.0f} ms (usually {usually.how} after {usually.after_ms:.1f} ms)"
        return ProbeResult(holds=self._shown_by(sign, usually), evidence=f"a probe through {target.part}: {seen}")

    def _shown_by(self, sign: Sign, usually: Sign) -> bool:
        """Whether a sign shows the toxic, on a link that gives the usual one without it."""
        match self.toxic:
            case "latency":
                least_ms = usually.after_ms / 2 + 0.9 * (self.latency_ms - self.jitter_ms)
                return sign.how in HEARD and sign.after_ms >= least_ms
            case "timeout":  # the end of a stream passes it; what was said before that does not
                return sign.how == "silent" or (sign.how == "closed" and usually.how == "answered")
            case "reset_peer":
                return sign.how == "reset"

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Takes the toxic off."""
        handles.link_proxy().remove(target.part, str(target.notes["toxic"]))

    def by_hand(self, target: FaultTarget) -> str:
        """Take the toxic off."""
        where = "/".join(quote(name, safe="") for name in (target.part, "toxics", str(target.notes["toxic"])))
        return f"take the toxic off the link {target.part} at its proxy: DELETE /proxies/{where}"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The proxy knows the toxic no more, and the link answers, or does what it did before."""
        link = handles.link_proxy().link(target.part)
        if target.notes["toxic"] in link.toxic_names:
            return ProbeResult(holds=False, evidence=f"the toxic is still on {target.part}")
        known = Usual.noted(target.notes)
        sign = probe(link.listen, deadline_s=_ANSWER_S, word=known.word)
        return ProbeResult(holds=known.is_back(sign), evidence=f"a probe through {target.part}: {sign.how} after {sign.after_ms:.1f} ms")

    def _name(self, handles: Handles) -> str:
        return self.link or handles.topology().replication_link()
