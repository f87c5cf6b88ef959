"""Every session of the database is ended."""

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class SessionsEnd(Fault):
    """All sessions that clients have at the moment are ended by the server: whoever had one must connect anew."""

    def scope(self) -> Scope:
        """The databases."""
        return Scope(kind="database")

    def find_target(self, handles: Handles) -> FaultTarget:
        """The sessions of now. Refuses where there is none."""
        sessions = handles.postgresql().sessions()
        if not sessions:
            raise NoTarget("nobody has a session of the database")
        return FaultTarget(part=f"{len(sessions)} sessions", notes={"sessions": " ".join(sorted(sessions))})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - whoever has come since is ended too
        """Ends them."""
        handles.postgresql().end_sessions()

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """None of them is there any more."""
        left = handles.postgresql().sessions() & set(str(target.notes["sessions"]).split())
        return ProbeResult(holds=not left, evidence=f"{len(left)} of {target.part} are left")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing is to be taken back: clients connect anew by themselves."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The database answers, and the target's health, where it has one, says that it is whole."""
        handles.postgresql().probe()
        return handles.besides_health(ProbeResult(holds=True, evidence=f"{target.part} were ended; it answers"))
