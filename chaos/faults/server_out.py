"""A server that the gateway sends nobody any more."""

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.haproxy import Haproxy
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ServerOut(Fault):
    """One server of a backend of HAProxy's, put into maintenance with everybody who was there cut off."""

    backend: str
    server: str

    def scope(self) -> Scope:
        """The server, by both names."""
        return Scope(kind="server", name=f"{self.backend}/{self.server}")

    def check(self, handles: Handles) -> None:
        """There is such a server."""
        handles.handle(Haproxy).server(self.backend, self.server)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The server. Refuses one that is out already: undoing it would not be ours."""
        found = handles.handle(Haproxy).server(self.backend, self.server)
        if found.ordered or not found.runs:
            raise NoTarget(f"the server {self.backend}/{self.server} is {'ordered out' if found.ordered else 'down'} already")
        return FaultTarget(part=f"{self.backend}/{self.server}")

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the server's names are all it takes
        """Takes it out."""
        handles.handle(Haproxy).take_out(self.backend, self.server)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """HAProxy says that it is out."""
        found = handles.handle(Haproxy).server(self.backend, self.server)
        return ProbeResult(holds=found.ordered, evidence=f"{target.part}: {'out of service' if found.ordered else 'still in service'}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Puts it back."""
        handles.handle(Haproxy).put_back(self.backend, self.server)

    def by_hand(self, target: FaultTarget) -> str:
        """Put it back."""
        return f"at HAProxy's runtime API: set server {target.part} state ready"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """HAProxy says that it serves, and the target's health, where it has one, that it is whole."""
        found = handles.handle(Haproxy).server(self.backend, self.server)
        if found.ordered or not found.runs:
            return ProbeResult(holds=False, evidence=f"{target.part}: {'out of service' if found.ordered else 'not up'}")
        return handles.besides_health(ProbeResult(holds=True, evidence=f"{target.part}: in service"))
