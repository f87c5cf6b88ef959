"""Commits that wait for the standby are told not to wait."""

import time

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_PATIENCE_S = 3.0
_LOOK_EVERY_S = 0.02


class CommitsCancel(Fault):
    """Every commit that waits for the standby at the moment is cancelled: it stands on one server alone, with no more than a warning."""

    def scope(self) -> Scope:
        """The databases."""
        return Scope(kind="database")

    def find_target(self, handles: Handles) -> FaultTarget:
        """The commits that wait; awaited for a moment. Refuses where none comes."""
        until = time.monotonic() + _PATIENCE_S
        while not (waiting := handles.postgresql().waiting()):
            if time.monotonic() >= until:
                raise NoTarget(f"no commit has waited for the standby in {_PATIENCE_S:g} s")
            time.sleep(_LOOK_EVERY_S)
        return FaultTarget(part=f"{len(waiting)} waiting commits", notes={"commits": " ".join(sorted(waiting))})

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Cancels them."""
        handles.postgresql().cancel(_commits(target))

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """None of them waits any more."""
        left = handles.postgresql().waiting() & _commits(target)
        return ProbeResult(holds=not left, evidence=f"{len(left)} of {target.part} wait still")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing is to be taken back: what is committed stays so."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - what is broken besides is others' to heal
        """Nothing is left of it."""
        return ProbeResult(holds=True, evidence=f"{target.part} were cancelled, once")


def _commits(target: FaultTarget) -> frozenset[str]:
    return frozenset(str(target.notes["commits"]).split())
