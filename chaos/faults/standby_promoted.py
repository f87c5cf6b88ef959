"""A standby that leads all of a sudden, while its primary may lead still."""

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class StandbyPromoted(Fault):
    """`pg_promote` on a standby, as by a hand that slipped. Nothing takes that back: whoever manages the pair must make it one again.

    So it is refused where the target does not say whether it is whole, and whoever has no manager does not ask for it.
    """

    heal_s = 120.0  # a manager may have to copy the whole database

    def scope(self) -> Scope:
        """The databases."""
        return Scope(kind="database")

    def check(self, handles: Handles) -> None:
        """It is a standby, and somebody can tell whether the pair is whole."""
        self.find_target(handles)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The standby. Refuses a primary, and a pair of which nobody can tell whether it is whole again."""
        server = handles.postgresql()
        if handles.health is None:
            raise NoTarget("the target has no 'health', so nobody can tell whether a pair is whole again after a promotion")
        if not server.is_standby():
            raise NoTarget(f"{server.shown} is no standby: only one can be promoted")
        return FaultTarget(part=server.shown)

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the handle leads there
        """Promotes it."""
        handles.postgresql().promote()

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """It says that it follows nobody."""
        follows = handles.postgresql().is_standby()
        return ProbeResult(holds=not follows, evidence=f"{target.part} {'follows still' if follows else 'leads'}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing: it leads, and what it has written since is nobody else's. Whether it is made to follow again, `is_healed` asks."""

    def by_hand(self, target: FaultTarget) -> str:
        """Have one of the two follow again."""
        return f"decide who leads, {target.part} or its former primary, and have the other one follow (pg_rewind, or a new pg_basebackup)"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The target says that it is whole; as long as it does not, what a person can do."""
        seen = handles.probe_health()
        if seen.holds:
            return seen
        return ProbeResult(holds=False, evidence=f"{seen.evidence}; by hand: {self.by_hand(target)}", answered=seen.answered)
