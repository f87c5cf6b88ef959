"""The primary database stops answering, and keeps its connections."""

from chaos.drill import EACH_WAY, Drill, DrillFacts, FaultStep
from chaos.faults.primary_freeze import PrimaryFreeze as Fault

PLAN = ("P5-03",)


class PrimaryFreeze(Drill):
    """SIGSTOP of the primary database: it must be noticed, fenced and replaced, and never write again."""

    facts = DrillFacts(
        domain="database",
        hypothesis="A primary that lives and does not answer is fenced and replaced, and never writes again.",
        blast_radius="every write, until the standby leads",
        access=("topology",),
        ways=EACH_WAY,
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow; the old primary rejoins once the evidence of the loss is captured."""
        return (FaultStep(Fault()),)
