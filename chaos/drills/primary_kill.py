"""The primary database is lost at the peak."""

from chaos.drill import Drill, FaultStep
from chaos.faults.primary_kill import PrimaryKill as Fault


class PrimaryKill(Drill):
    """kill -9 of the primary database: the standby must take over in time, and nothing acknowledged may be lost."""

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow; the old primary rejoins once the evidence of the loss is captured."""
        return (FaultStep(Fault()),)
