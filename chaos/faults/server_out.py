"""A server that no gateway sends anybody any more."""

from contextlib import suppress

from chaos.errors import NobodyListens, NoTarget, OutOfReach
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
        for gateway in handles.every(Haproxy):
            gateway.server(self.backend, self.server)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The server, and the gateways that answer. Refuses one that is out already: undoing it would not be ours."""
        gateways = handles.every(Haproxy)
        for found in (gateway.server(self.backend, self.server) for gateway in gateways):
            if found.ordered or not found.runs:
                raise NoTarget(f"the server {self.backend}/{self.server} is {'ordered out' if found.ordered else 'down'} already")
        return FaultTarget(part=f"{self.backend}/{self.server}", notes={"gateways": "\n".join(gateway.address for gateway in gateways)})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the target says which gateways
        """Takes it out at each of the gateways."""
        for gateway in _gateways(target):
            gateway.take_out(self.backend, self.server)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """Each of the gateways that is there says that it is out."""
        out = all(found.ordered for found in self._seen(target))
        return ProbeResult(holds=out, evidence=f"{target.part}: {'out of service' if out else 'still in service'}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Puts it back at each of the gateways. Raises OutOfReach where one is silent: it wakes with the server out."""
        silent: list[str] = []
        for gateway in _gateways(target):
            try:
                gateway.put_back(self.backend, self.server)
            except NobodyListens:  # it has forgotten, and begins as its file says
                continue
            except OutOfReach as error:
                silent.append(str(error))
        if silent:
            raise OutOfReach("; ".join(silent))

    def by_hand(self, target: FaultTarget) -> str:
        """Put it back."""
        where = " and at ".join(gateway.address for gateway in _gateways(target))
        return f"at HAProxy's runtime API, at {where}: set server {target.part} state ready"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """Each of the gateways that is there says that it serves, and the target's health, where it has one, that it is whole."""
        seen = self._seen(target)
        if any(found.ordered or not found.runs for found in seen):
            out = any(found.ordered for found in seen)
            return ProbeResult(holds=False, evidence=f"{target.part}: {'out of service' if out else 'not up'}")
        return handles.besides_health(ProbeResult(holds=True, evidence=f"{target.part}: in service"))

    def _seen(self, target: FaultTarget) -> list[Server]:
        """The server at each of the gateways that is there. Raises OutOfReach where one is silent, or none is there."""
        seen: list[Server] = []
        for gateway in _gateways(target):
            with suppress(NobodyListens):
                seen.append(gateway.server(self.backend, self.server))
        if not seen:
            raise OutOfReach(f"{target.part}: none of its gateways is there")
        return seen


def _gateways(target: FaultTarget) -> list[Haproxy]:
    """Those on which it is done."""
    return [Haproxy(address) for address in str(target.notes["gateways"]).split("\n")]
