"""The primary database is lost at the peak."""

from chaos.drill import EACH_WAY, Drill, DrillFacts, FaultStep
from chaos.faults.primary_kill import PrimaryKill as Fault

PLAN = ("P5-03",)


class PrimaryKill(Drill):
    """kill -9 of the primary database: the standby must take over in time, and nothing acknowledged may be lost."""

    facts = DrillFacts(
        domain="database",
        hypothesis="The standby takes over, and nothing that was acknowledged is lost.",
        blast_radius="every write, until the standby leads",
        access=("topology",),
        ways=EACH_WAY,
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow; the old primary rejoins once the evidence of the loss is captured."""
        return (FaultStep(Fault()),)
