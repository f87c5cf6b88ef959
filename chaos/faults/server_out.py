"""A server that no gateway sends anybody any more."""

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.haproxy import Haproxy, Server
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ServerOut(Fault):
    """One server of a backend of HAProxy's, put into maintenance at every gateway, with everybody who was there cut off."""

    backend: str
    server: str

    def scope(self) -> Scope:
        """The server, by both names."""
        return Scope(kind="server", name=f"{self.backend}/{self.server}")

    def check(self, handles: Handles) -> None:
        """There is such a server."""
        self._seen(handles)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The server. Refuses one that is out already: undoing it would not be ours."""
        for found in self._seen(handles):
            if found.ordered or not found.runs:
                raise NoTarget(f"the server {self.backend}/{self.server} is {'ordered out' if found.ordered else 'down'} already")
        return FaultTarget(part=f"{self.backend}/{self.server}")

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the server's names are all it takes
        """Takes it out at every gateway that runs."""
        for gateway in handles.every(Haproxy):
            gateway.take_out(self.backend, self.server)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """Every gateway that runs says that it is out."""
        out = all(found.ordered for found in self._seen(handles))
        return ProbeResult(holds=out, evidence=f"{target.part}: {'out of service' if out else 'still in service'}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Puts it back at every gateway that runs."""
        for gateway in handles.every(Haproxy):
            gateway.put_back(self.backend, self.server)

    def by_hand(self, target: FaultTarget) -> str:
        """Put it back."""
        return f"at HAProxy's runtime API: set server {target.part} state ready"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """Every gateway that runs says that it serves, and the target's health, where it has one, that it is whole."""
        seen = self._seen(handles)
        if any(found.ordered or not found.runs for found in seen):
            out = any(found.ordered for found in seen)
            return ProbeResult(holds=False, evidence=f"{target.part}: {'out of service' if out else 'not up'}")
        return handles.besides_health(ProbeResult(holds=True, evidence=f"{target.part}: in service"))

    def _seen(self, handles: Handles) -> list[Server]:
        return [gateway.server(self.backend, self.server) for gateway in handles.every(Haproxy)]
