"""A switch of the database on purpose, while all is well."""

from typing import ClassVar

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class PlannedSwitch(Fault):
    """The world's supervisor is asked to let the standby lead, and afterwards to go back, which it does once that is safe."""

    effect_s: ClassVar[float] = 15.0

    def scope(self) -> Scope:
        """The databases."""
        return Scope(kind="database")

    def find_target(self, handles: Handles) -> FaultTarget:
        """Who is to lead, and who leads. Refuses a target that is not whole: nobody switches that on purpose."""
        whole = handles.probe_health()
        if not whole.holds:
            raise NoTarget(f"the target is not whole before the switch: {whole.evidence}")
        topology = handles.topology()
        primary, standby = (topology.one("database", role=role) for role in ("primary", "standby"))
        return FaultTarget(part=standby.name, notes={"usual": primary.name})

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Asks for it."""
        handles.supervisor().switch(target.part)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The other one leads."""
        return _leads(handles, target.part)

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Asks for the way back."""
        handles.supervisor().switch(str(target.notes["usual"]))

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The former one leads again, and the target is whole."""
        return handles.besides_health(_leads(handles, str(target.notes["usual"])))


def _leads(handles: Handles, name: str) -> ProbeResult:
    leads = handles.supervisor().leads(name)
    return ProbeResult(holds=leads, evidence=f"{name} {'leads' if leads else 'does not lead'}")
