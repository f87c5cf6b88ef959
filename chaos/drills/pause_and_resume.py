"""The campaign is torn to pieces in public, and goes on once it is calm again."""

from pydantic import Field

from chaos.campaign_drill import PAUSES, campaign_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.authorised_resume import AuthorisedResume
from chaos.faults.outcry import Outcry

PLAN = ("P5-11",)


class PauseAndResume(Drill):
    """An outcry pauses the campaign; when what was said is forgotten, two people with the authority let it go on."""

    facts = campaign_facts(
        "A pause lasts until two people with the authority end it, and then the campaign is what it was.",
        *(gate for gate in PAUSES if not gate.startswith("resumes")),
        "resumes == 1",
        deadline_s=30.0,
    ).model_copy(
        update={
            "access": ("topology", "kill-switch"),
            "blast_radius": "no grants until two people let the campaign go on; redemption and banking go on",
        }
    )

    bad: int = Field(default=60, ge=1, le=500)
    good: int = Field(default=20, ge=0, le=500)
    paused_s: float = Field(default=15.0, gt=0, le=600, description="from the outcry to the signatures; what was said is forgotten then")

    def steps(self) -> tuple[FaultStep, ...]:
        """The outcry, and who ends what came of it."""
        return (
            FaultStep(Outcry(feed="sentiment", bad=self.bad, good=self.good), lasts_s=1.0),
            FaultStep(AuthorisedResume(), after_s=self.paused_s, lasts_s=1.0),
        )
