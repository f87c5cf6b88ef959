"""The world's own supervisor: what is lost comes back through it, never as it was."""

from dataclasses import dataclass, field

from chaos.handles.handle import Handle
from chaos.handles.http import bearer, call, demand

_LONGEST_HOLD_S = 3600.0


@dataclass(frozen=True, slots=True)
class Supervisor(Handle):
    """Its HTTP API, and the token that it wants to be shown."""

    url: str
    token: str = field(default="", repr=False)

    def probe(self) -> None:
        """Whatever it answers. Raises OutOfReach where it does not."""
        call("GET", self.url)

    def hold(self, seconds: float) -> None:
        """Asks it to bring no lost database back for so long. Raises OutOfReach."""
        demand("POST", f"{self.url}/hold", {"seconds": min(seconds, _LONGEST_HOLD_S)}, headers=bearer(self.token))

    def rejoin(self) -> None:
        """Asks it to bring a lost database back now. Raises OutOfReach."""
        demand("POST", f"{self.url}/rejoin", headers=bearer(self.token))

    def start_node(self, name: str) -> None:
        """Asks it to start a dead node now. Raises OutOfReach."""
        demand("POST", f"{self.url}/nodes/{name}/start", headers=bearer(self.token))
