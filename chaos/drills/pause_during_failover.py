"""The campaign has to be paused while its database fails over."""

from pydantic import Field

from chaos.campaign_drill import campaign_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.outcry import Outcry
from chaos.faults.primary_kill import PrimaryKill

PLAN = ("P5-11",)


class PauseDuringFailover(Drill):
    """kill -9 of the primary in the middle of an outcry: neither centre grants anything after the pause, and the pause survives."""

    facts = campaign_facts(
        "A pause that falls into a failover holds in both centres, and survives it.",
        "time to pause <= 15 s",
        "time to notice <= 10 s",
        "time to acknowledge <= 60 s",
        "grants after pause <= 0",
        "trips <= 1",
        "resumes <= 0",
    ).model_copy(update={"blast_radius": "every write until the standby is promoted; the campaign is paused until the run ends"})

    bad: int = Field(default=80, ge=1, le=500)
    after_s: float = Field(default=0.1, ge=0, le=60, description="from the outcry to the kill")

    def steps(self) -> tuple[FaultStep, ...]:
        """The killed database comes back after the read-back."""
        return (FaultStep(Outcry(feed="sentiment", bad=self.bad), lasts_s=1.0), FaultStep(PrimaryKill(), after_s=self.after_s))
