"""The world's own supervisor: what is lost comes back through it, never as it was."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from chaos.errors import OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import bearer, call, demand

_LONGEST_HOLD_S = 3600.0


class _State(BaseModel):
    """What it says of the databases; the rest is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    primary: str = ""
    leads: bool = False


class _Member(BaseModel):
    """A node that comes and goes, or the place for one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    state: str


class _Scaling(BaseModel):
    """What it says of those nodes and of who decides about them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    on: bool
    limits: dict[str, float] = {}
    nodes: list[_Member] = []


@dataclass(frozen=True, slots=True)
class Supervisor(Handle):
    """Its HTTP API, and the token that it wants to be shown."""

    url: str
    token: str = field(default="", repr=False)

    def probe(self) -> None:
        """Whatever it answers. Raises OutOfReach where it does not."""
        call("GET", self.url)

    def hold(self, seconds: float, *, centres: bool = False) -> None:
        """Asks it to bring no lost database back for so long, nor what else of a centre is lost. Raises OutOfReach."""
        body: dict[str, JsonValue] = {"seconds": min(seconds, _LONGEST_HOLD_S), "centres": centres}
        demand("POST", f"{self.url}/hold", body, headers=bearer(self.token))

    def rejoin(self) -> None:
        """Asks it to bring back now what is lost and held. Raises OutOfReach."""
        demand("POST", f"{self.url}/rejoin", headers=bearer(self.token))

    def switch(self, database: str) -> None:
        """Asks it to have this database lead as soon as it has everything, an order that stands. Raises OutOfReach."""
        demand("POST", f"{self.url}/switch", {"to": database}, headers=bearer(self.token))

    def leads(self, database: str) -> bool:
        """Whether this database leads, and has taken a write as the leader. Raises OutOfReach."""
        answer = demand("GET", f"{self.url}/state", headers=bearer(self.token))
        try:
            told = _State.model_validate_json(answer.body)
        except ValidationError:
            raise OutOfReach(f"{self.url}/state: what it says is no supervisor's") from None
        return told.leads and told.primary == database

    def start_node(self, name: str) -> None:
        """Asks it to start a dead node now. Raises OutOfReach."""
        demand("POST", f"{self.url}/nodes/{name}/start", headers=bearer(self.token))

    def node_states(self) -> dict[str, str]:
        """Each node that comes and goes, or whose place is empty: `serving`, `joining`, `draining` or `out`. Raises OutOfReach."""
        return {node.name: node.state for node in self._scaling().nodes}

    def scale(self, node: str, *, out: bool) -> None:
        """Asks it to have this node serve, or to have it serve no more. Raises OutOfReach."""
        demand("POST", f"{self.url}/nodes/{node}/scale-{'out' if out else 'in'}", headers=bearer(self.token))

    def autoscaler(self) -> tuple[bool, dict[str, float]]:
        """Whether it is on, and what a node is limited to. Raises OutOfReach."""
        told = self._scaling()
        return told.on, told.limits

    def turn_autoscaler(self, *, on: bool, limits: dict[str, float]) -> None:
        """Turns it, and has each node limited so. Raises OutOfReach."""
        demand("PUT", f"{self.url}/autoscaler", {"on": on, "limits": {**limits}}, headers=bearer(self.token))

    def _scaling(self) -> _Scaling:
        answer = demand("GET", f"{self.url}/autoscaler", headers=bearer(self.token))
        try:
            return _Scaling.model_validate_json(answer.body)
        except ValidationError:
            raise OutOfReach(f"{self.url}/autoscaler: what it says is no autoscaler's") from None
