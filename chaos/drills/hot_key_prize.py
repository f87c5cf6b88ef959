"""One prize draws nearly all claims: its stock is one hot row, or is not."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.load_surge import LoadSurge
from scenarios.plan.surges import MOST_TIMES

PLAN = ("P4-12", "P5-01")


class HotKeyPrize(Drill):
    """Many more customers, who all claim the most wanted prize at once, and more of them than there are prizes."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="However many want one prize, all others are served as before, and no more of it is granted than there is.",
        blast_radius="whoever claims waits for one prize's stock; all who need the same connections wait with them",
        access=(),
        deadline_s=15.0,
        rto_s=10.0,
        gates=("outage-equivalent <= 2 s", "least goodput >= 70 %"),
        pulse=("account.balance", "streak.get"),
        customers={"flash-sale": 40.0, "ordinary-banking": 25.0, "check-in": 30.0, "idempotency-probe": 5.0},
        stock=400,
    )

    times: float = Field(default=3.0, gt=1, le=MOST_TIMES, description="so many times the customers; those who come besides want one prize")
    lasts_s: float = Field(default=8.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One rush."""
        rush = LoadSurge(times=self.times, mix={"hot-prize": 1.0}, operations=("activity.token", "claim.submit"))
        return (FaultStep(rush, lasts_s=self.lasts_s),)
