"""The primary database stops answering, and keeps its connections."""

from chaos.drill import Drill, Strike
from chaos.faults.primary_freeze import PrimaryFreeze as Fault


class PrimaryFreeze(Drill):
    """SIGSTOP of the primary database: it must be noticed, fenced and replaced, and never write again."""

    def strikes(self) -> tuple[Strike, ...]:
        """One blow; the old primary rejoins once the evidence of the loss is captured."""
        return (Strike(Fault()),)
