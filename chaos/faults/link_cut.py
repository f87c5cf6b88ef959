"""A link between two parts that is cut."""

from urllib.parse import quote

from pydantic import Field

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.probe import Sign, Usual, probe, usual
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_ANSWER_S = 1.0


class LinkCut(Fault):
    """A link that refuses new connections and drops those it carries."""

    link: str = Field(default="", description="by its name; without one that of replication, from the primary of that moment")

    def scope(self) -> Scope:
        """Its link; which one replication takes is known only then."""
        return Scope(kind="link", name=self.link)

    def check(self, handles: Handles) -> None:
        """There is such a link."""
        handles.link_proxy().link(self._name(handles))

    def find_target(self, handles: Handles) -> FaultTarget:
        """The link's address, and what it does while it is whole. Refuses one that is cut already: undoing it would not be ours."""
        link = handles.link_proxy().link(self._name(handles))
        if not link.enabled:
            raise NoTarget(f"the link {link.name} is cut already")
        known = usual(link.listen, deadline_s=_ANSWER_S)
        if known.sign.how == "refused":
            raise NoTarget(f"a probe through {link.name} is refused as it is: a cut would not show")
        return FaultTarget(part=link.name, notes={"listen": link.listen} | known.notes())

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Cuts it."""
        handles.link_proxy().enable(target.part, enabled=False)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is refused."""
        sign = self._sign(target)
        return ProbeResult(holds=sign.how == "refused", evidence=f"a probe through {target.part}: {sign.how}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Opens it."""
        handles.link_proxy().enable(target.part, enabled=True)

    def by_hand(self, target: FaultTarget) -> str:
        """Open it."""
        return f'open the link {target.part} at its proxy: POST /proxies/{quote(target.part, safe="")} {{"enabled": true}}'

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is answered, or meets what it met before the cut."""
        sign = self._sign(target)
        return ProbeResult(holds=Usual.noted(target.notes).is_back(sign), evidence=f"a probe through {target.part}: {sign.how}")

    def _sign(self, target: FaultTarget) -> Sign:
        return probe(str(target.notes["listen"]), deadline_s=_ANSWER_S, word=Usual.noted(target.notes).word)

    def _name(self, handles: Handles) -> str:
        return self.link or handles.topology().replication_link()
