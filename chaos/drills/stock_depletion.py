"""A prize runs out in mid-sale, and a batch of it comes later."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.load_surge import LoadSurge
from chaos.faults.stock_replenished import StockReplenished
from scenarios.plan.surges import MOST_TIMES

PLAN = ("P4-11", "P4-12")

_REPLENISHED_S = 7.0
_WANTED_S = 7.0  # more come than there is of the batch


class StockDepletion(Drill):
    """A rush on one prize until there is none left, and a batch of it in the middle of the rush, which is gone soon too."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="Sold out is said at once and only when it is true; what is replenished is granted to the last piece, and no more.",
        blast_radius="the customers who come too late for the prize",
        access=("stock",),
        deadline_s=20.0,
        rto_s=10.0,
        gates=("replenishment left <= 0", "replenished amiss <= 0", "p95 of claim.submit <= 1 s", "outage-equivalent <= 2 s"),
        pulse=("account.balance", "streak.get"),
        customers={"flash-sale": 40.0, "ordinary-banking": 25.0, "check-in": 30.0, "idempotency-probe": 5.0},
        stock=400,
    )

    times: float = Field(default=3.0, gt=1, le=MOST_TIMES, description="so many times the customers; those who come besides want one prize")
    sku: str = Field(default="sku-01", max_length=100, description="the most wanted prize, by its name in the plan")
    quantity: int = Field(default=60, ge=1, le=100_000, description="of the batch")

    def steps(self) -> tuple[FaultStep, ...]:
        """The rush, and in the middle of it the batch."""
        rush = LoadSurge(times=self.times, mix={"hot-prize": 1.0}, operations=("activity.token", "claim.submit"))
        return (
            FaultStep(rush, lasts_s=_REPLENISHED_S + _WANTED_S),
            FaultStep(StockReplenished(sku=self.sku, quantity=self.quantity), after_s=_REPLENISHED_S, lasts_s=1.0),
        )
