"""The call centre is flooded with complaints."""

from pydantic import Field

from chaos.campaign_drill import PAUSES, campaign_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.outcry import Outcry

PLAN = ("P5-11",)


class KillSwitchComplaints(Drill):
    """A complaint for every few transactions: the campaign is paused, the executives are told, and redemption and banking go on."""

    facts = campaign_facts("Complaints pause the campaign's grants in seconds, and nothing else.", *PAUSES)

    complaints: int = Field(default=150, ge=1, le=500)

    def steps(self) -> tuple[FaultStep, ...]:
        """All at once."""
        return (FaultStep(Outcry(feed="complaints", bad=self.complaints), lasts_s=1.0),)
