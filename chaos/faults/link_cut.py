"""A link between two parts that is cut."""

from pydantic import Field

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.probe import probe
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
        """The link's address. Refuses one that is cut already: undoing it would not be ours."""
        link = handles.link_proxy().link(self._name(handles))
        if not link.enabled:
            raise NoTarget(f"the link {link.name} is cut already")
        return FaultTarget(part=link.name, notes={"listen": link.listen})

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Cuts it."""
        handles.link_proxy().enable(target.part, enabled=False)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is refused."""
        sign = probe(str(target.notes["listen"]), deadline_s=_ANSWER_S)
        return ProbeResult(holds=sign.how == "refused", evidence=f"a probe through {target.part}: {sign.how}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Opens it."""
        handles.link_proxy().enable(target.part, enabled=True)

    def by_hand(self, target: FaultTarget) -> str:
        """Open it."""
        return f'open the link {target.part} at its proxy: POST /proxies/{target.part} {{"enabled": true}}'

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is answered."""
        sign = probe(str(target.notes["listen"]), deadline_s=_ANSWER_S)
        return ProbeResult(holds=sign.how in ("answered", "closed"), evidence=f"a probe through {target.part}: {sign.how}")

    def _name(self, handles: Handles) -> str:
        return self.link or handles.topology().replication_link()
