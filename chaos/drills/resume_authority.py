"""A paused campaign, and people who may not let it go on."""

from pydantic import Field

from chaos.campaign_drill import campaign_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.outcry import Outcry
from chaos.faults.process_kill import ProcessKill
from chaos.faults.unauthorised_resume import UnauthorisedResume

PLAN = ("P5-11",)

_BACK_AFTER_S = 2.0


class ResumeAuthority(Drill):
    """The campaign is paused, a node is killed and comes back, all is calm again, and nobody who tries may let it go on."""

    facts = campaign_facts(
        "A paused campaign goes on by two people with the authority and a token that is good once, and by nothing else.",
        "time to pause <= 10 s",
        "resumes <= 0",
        "grants after pause <= 0",
        "trips <= 1",
        deadline_s=25.0,
    ).model_copy(update={"access": ("topology", "kill-switch")})

    calm_after_s: float = Field(
        default=10.0, ge=0, le=600, description="from the node's death to the attempts; what was said is forgotten then"
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """The node's successor must know of the pause too."""
        killed = ProcessKill(part="node", role="campaign", datacentre="A")
        return (
            FaultStep(Outcry(feed="sentiment", bad=80), lasts_s=1.0),
            FaultStep(killed, after_s=3.0, lasts_s=_BACK_AFTER_S),
            FaultStep(UnauthorisedResume(), after_s=self.calm_after_s, lasts_s=1.0),
        )
