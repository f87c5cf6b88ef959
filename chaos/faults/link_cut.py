"""A link between two parts that is cut."""

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.probe import probe
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_ANSWER_S = 1.0


class LinkCut(Fault):
    """A link that refuses new connections and drops those it carries."""

    link: str

    def scope(self) -> Scope:
        """Its link."""
        return Scope(kind="link", name=self.link)

    def check(self, handles: Handles) -> None:
        """There is such a link."""
        handles.link_proxy().link(self.link)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The link's address. Refuses one that is cut already: undoing it would not be ours."""
        link = handles.link_proxy().link(self.link)
        if not link.enabled:
            raise NoTarget(f"the link {self.link} is cut already")
        return FaultTarget(part=self.link, notes={"listen": link.listen})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the link's name is all it takes
        """Cuts it."""
        handles.link_proxy().enable(self.link, enabled=False)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is refused."""
        sign = probe(str(target.notes["listen"]), deadline_s=_ANSWER_S)
        return ProbeResult(holds=sign.how == "refused", evidence=f"a probe through {self.link}: {sign.how}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Opens it."""
        handles.link_proxy().enable(self.link, enabled=True)

    def by_hand(self, target: FaultTarget) -> str:  # noqa: ARG002 - as inject
        """Open it."""
        return f'open the link {self.link} at its proxy: POST /proxies/{self.link} {{"enabled": true}}'

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - the link itself is asked, not its proxy
        """A connection of our own is answered."""
        sign = probe(str(target.notes["listen"]), deadline_s=_ANSWER_S)
        return ProbeResult(holds=sign.how in ("answered", "closed"), evidence=f"a probe through {self.link}: {sign.how}")
