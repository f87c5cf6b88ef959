"""The primary database is lost again and again: A to B, B to A, A to B."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.primary_kill import PrimaryKill


class RepeatedFailover(Drill):
    """kill -9 of whichever database leads, three times: each time the other takes over, and the lost one becomes its standby."""

    facts = DrillFacts(
        domain="database",
        hypothesis="Each failover is as good as the first: one switch, nothing acknowledged lost, and whole again for the next.",
        blast_radius="every write, three times, until the standby leads",
        access=("topology",),
        deadline_s=10.0,
        rto_s=10.0,
        gates=("switches == 1",),
        strikes=3,
    )

    lasts_s: float = Field(default=1.0, gt=0, le=600, description="after which the lost database may rejoin")

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow a strike; the lost database rejoins in mid-load, for the next strike needs it."""
        return (FaultStep(PrimaryKill(), lasts_s=self.lasts_s),)
