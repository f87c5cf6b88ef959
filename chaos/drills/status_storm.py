"""A storm of enquiries: customers who have claimed ask again and again how their claim stands."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.load_surge import LoadSurge
from scenarios.plan.surges import MOST_TIMES

PLAN = ("P5-01",)


class StatusStorm(Drill):
    """More customers, whose apps poll the claim's status many times a second: reads, which must not take the claims down."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="Enquiries are cheap: however many ask how a claim stands, claims and everything else go on as before.",
        blast_radius="whoever shares a node or a connection with the enquiries",
        access=(),
        deadline_s=15.0,
        rto_s=10.0,
        gates=("outage-equivalent <= 2 s", "least goodput >= 70 %"),
        pulse=("account.balance", "streak.get"),
        customers={"flash-sale": 40.0, "ordinary-banking": 25.0, "check-in": 30.0, "idempotency-probe": 5.0},
    )

    times: float = Field(default=2.0, gt=1, le=MOST_TIMES, description="so many times the customers; those who come besides poll")
    lasts_s: float = Field(default=8.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One storm."""
        storm = LoadSurge(times=self.times, mix={"watch-the-claim": 1.0}, operations=("activity.token", "claim.submit", "claim.status"))
        return (FaultStep(storm, lasts_s=self.lasts_s),)
