"""SIGSTOP of the primary database."""

from typing import Literal

from chaos.errors import OutOfReach
from chaos.fault import Fault, FaultTarget
from chaos.faults.process_freeze import ProcessFreeze
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class PrimaryFreeze(ProcessFreeze):
    """SIGSTOP of the primary database: it holds its connections and answers nothing. Its owner must fence it before it promotes."""

    part: Literal["database"] = "database"
    role: Literal["primary"] = "primary"

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Wakes it only while it is still the primary: a second writer must not wake up. Then the owner brings back what was fenced."""
        if _leads(handles, target.part):
            super().undo(handles, target)
        self.bring_back(handles, target)

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The target is whole."""
        return Fault.is_healed(self, handles, target)


def _leads(handles: Handles, part: str) -> bool:
    """Whether the part is the primary, also where nobody is left to say otherwise."""
    try:
        return any(database.name == part and database.role == "primary" for database in handles.topology().databases)
    except OutOfReach:
        return True
