"""A bucket of the budget runs dry in mid-campaign, and an operator releases more for it out of the reserve."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.reserve_released import ReserveReleased
from scenarios.plan.campaign_model import Bucket, Budgets

PLAN = ("P4-09", "P4-14")

_WANTED_S = 7.0  # more come than the release is good for


class ReserveRelease(Drill):
    """More first cards are bound than the bucket has discounts for; then it has some more, which are gone soon too."""

    facts = DrillFacts(
        domain="campaign",
        hypothesis="A dry bucket refuses; one explicit release touches the reserve, and is granted to the last discount and no further.",
        blast_radius="the customers whose first card comes when there is no discount left",
        access=("reserve",),
        deadline_s=20.0,
        rto_s=10.0,
        gates=("grants left at release <= 0", "release left <= 0", "outage-equivalent <= 2 s"),
        customers={"bind-a-card": 60.0, "ordinary-banking": 35.0, "idempotency-probe": 5.0},
        budgets=Budgets(first_bind=Bucket(fen=8_000, face_fen=800), reserve_fen=100_000),
    )

    bucket: str = Field(default="first-bind", max_length=100, description="by its name in the plan")
    amount_fen: int = Field(default=8_000, ge=1, le=1_000_000_000, description="of the release")

    def steps(self) -> tuple[FaultStep, ...]:
        """The release."""
        return (FaultStep(ReserveReleased(bucket=self.bucket, amount_fen=self.amount_fen), lasts_s=_WANTED_S),)
