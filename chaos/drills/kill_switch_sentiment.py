"""The campaign is torn to pieces in public."""

from pydantic import Field

from chaos.campaign_drill import PAUSES, campaign_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.outcry import Outcry

PLAN = ("P5-11",)


class KillSwitchSentiment(Drill):
    """Many voices, most of them bad: the campaign is paused, the executives are told, and redemption and banking go on."""

    facts = campaign_facts("What is said of the campaign pauses its grants in seconds, and nothing else.", *PAUSES)

    bad: int = Field(default=60, ge=1, le=500)
    good: int = Field(default=20, ge=0, le=500)

    def steps(self) -> tuple[FaultStep, ...]:
        """All at once."""
        return (FaultStep(Outcry(feed="sentiment", bad=self.bad, good=self.good), lasts_s=1.0),)
