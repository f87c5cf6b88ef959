"""SIGSTOP of the primary database."""

from typing import Literal

from chaos.errors import OutOfReach
from chaos.fault import Aim, Fault
from chaos.faults.process_freeze import ProcessFreeze
from chaos.health import Look
from chaos.target_handles import Reach


class PrimaryFreeze(ProcessFreeze):
    """SIGSTOP of the primary database: it holds its connections and answers nothing. Its owner must fence it before it promotes."""

    part: Literal["database"] = "database"
    role: Literal["primary"] = "primary"

    def undo(self, reach: Reach, aim: Aim) -> None:
        """Wakes it only while it is still the primary: a second writer must not wake up. Then the owner brings back what was fenced."""
        if _leads(reach, aim.part):
            super().undo(reach, aim)
        self.bring_back(reach, aim)

    def is_healed(self, reach: Reach, aim: Aim) -> Look:
        """The target is whole."""
        return Fault.is_healed(self, reach, aim)


def _leads(reach: Reach, part: str) -> bool:
    """Whether the part is the primary, also where nobody is left to say otherwise."""
    try:
        return any(database.name == part and database.role == "primary" for database in reach.world().databases)
    except OutOfReach:
        return True
