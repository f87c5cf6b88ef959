"""Transactions fail for most of the campaign's customers."""

from pydantic import Field

from chaos.campaign_drill import PAUSES, campaign_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.supplier_dial import SupplierDial

PLAN = ("P5-11",)


class KillSwitchFailures(Drill):
    """The risk decision errs always, so nobody gets leave to claim: the campaign is paused, and redemption and banking go on."""

    facts = campaign_facts("Failing transactions pause the campaign's grants in seconds, and nothing else.", *PAUSES).model_copy(
        update={"pulse": ("account.balance", "transfer.submit", "activity.token"), "deadline_s": 25.0, "rto_s": 25.0}
    )

    lasts_s: float = Field(default=12.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One turn of the dial."""
        return (FaultStep(SupplierDial(supplier="risk", dial="errors", value=1.0), lasts_s=self.lasts_s),)
