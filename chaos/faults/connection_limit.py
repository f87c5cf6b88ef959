"""A database that lets hardly anybody in."""

from pydantic import Field

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.sql import alter_limit
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ConnectionLimit(Fault):
    """A limit on a database's connections, with everybody who is there cut off; taken back by the limit that it had.

    The handle's own address must name another database of the same server, or nobody but a superuser would be let in to take it back.
    """

    database: str
    most: int = Field(default=1, ge=0, le=100_000)

    def scope(self) -> Scope:
        """The databases."""
        return Scope(kind="database")

    def check(self, handles: Handles) -> None:
        """There is such a database, and whoever limits it is let in afterwards."""
        self._usual(handles)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The database, and its limit of now. Refuses one that has this limit already, and as `check`."""
        usual = self._usual(handles)
        if usual == self.most:
            raise NoTarget(f"the database {self.database} has the limit {self.most} already")
        return FaultTarget(part=self.database, notes={"usual": float(usual)})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its fields say all
        """Limits it, then ends every session of its own: the first ones to come back take all that is left."""
        server = handles.postgresql()
        server.limit_connections(self.database, self.most)
        server.end_sessions(self.database)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """No more sessions than that are there, and no more are let in."""
        server = handles.postgresql()
        limit, there = server.most_connections(self.database), len(server.sessions(self.database))
        evidence = f"{there} sessions of {self.database}, and the limit is {limit}"
        return ProbeResult(holds=limit == self.most and there <= self.most, evidence=evidence)

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Gives it the limit back that it had."""
        handles.postgresql().limit_connections(self.database, int(target.notes["usual"]))

    def by_hand(self, target: FaultTarget) -> str:
        """Give it its limit back."""
        return alter_limit(self.database, int(target.notes["usual"]))

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """It has that limit, and the target's health, where it has one, says that it is whole."""
        limit = handles.postgresql().most_connections(self.database)
        seen = ProbeResult(holds=limit == int(target.notes["usual"]), evidence=f"the limit of {self.database} is {limit}")
        return handles.besides_health(seen)

    def _usual(self, handles: Handles) -> int:
        server = handles.postgresql()
        usual = server.most_connections(self.database)
        if server.is_limited(self.database):
            raise NoTarget(f"{server.shown} would shut itself out; allowed: an address that names another database than {self.database}")
        return usual
