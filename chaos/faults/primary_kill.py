"""kill -9 of the primary database."""

from typing import Literal

from chaos.faults.process_kill import ProcessKill


class PrimaryKill(ProcessKill):
    """kill -9 of the primary database, whichever it is at that moment; it rejoins through its owner once the evidence is captured."""

    part: Literal["database"] = "database"
    role: Literal["primary"] = "primary"
