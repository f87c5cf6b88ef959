"""The primary database stops answering, and keeps its connections."""

from chaos.drill import Drill, FaultStep
from chaos.faults.primary_freeze import PrimaryFreeze as Fault


class PrimaryFreeze(Drill):
    """SIGSTOP of the primary database: it must be noticed, fenced and replaced, and never write again."""

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow; the old primary rejoins once the evidence of the loss is captured."""
        return (FaultStep(Fault()),)
