"""A data centre that was lost comes back while customers go on."""

from typing import Literal

from pydantic import Field

from chaos.drill import EACH_WAY, Drill, DrillFacts, FaultStep
from chaos.faults.centre_loss import CentreLoss

PLAN = ("P5-03",)


class DatacentreReturn(Drill):
    """All of the primary's centre hangs for `lasts_s` and wakes as it was, in mid-load: a former writer among it, that must be none."""

    facts = DrillFacts(
        domain="centre",
        hypothesis="What returns follows whoever leads now, writes nothing of its own, and gets its share of the customers again.",
        blast_radius="as datacentre-loss; while what returns is started, answers may be slow",
        access=("topology",),
        deadline_s=20.0,
        rto_s=10.0,  # what starts again takes its share of the machine from what serves
        gates=("switches <= 1", "least site share >= 10 %"),
        ways=EACH_WAY[:1],  # a gateway that is lost with its centre has no recovery of its own
    )

    lasts_s: float = Field(default=4.0, gt=0, le=600)
    how: Literal["kill", "freeze"] = Field(default="freeze", description="whether it hangs, or ends and has to be started")

    def steps(self) -> tuple[FaultStep, ...]:
        """Lost, and back."""
        return (FaultStep(CentreLoss(how=self.how), lasts_s=self.lasts_s),)
