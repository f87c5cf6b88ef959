"""A short slowness and a rush under apps that send again at once: does the system come back, or do the retries keep it down?"""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.autoscaling import Autoscaling
from chaos.faults.link_toxic import LinkToxic
from chaos.faults.load_surge import LoadSurge
from scenarios.plan.surges import MOST_TIMES

PLAN = ("P5-01", "P5-02")

_READY_S = 1.0
_GOES_ON_S = 17.0  # bounded, after the slowness: what keeps itself down must not hide behind great capacity


class RetryStorm(Drill):
    """Slow ways to the database in a rush of customers who retry without a pause, on nodes of bounded capacity."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="Once the slowness is over the retries end too: nobody is served late for long, and each wish is sent about once again.",
        blast_radius="customers of the campaign service are turned away while it is slow, and for as long as their retries keep it busy",
        access=("topology", "proxy_api"),
        deadline_s=25.0,
        rto_s=15.0,
        gates=("retry amplification after <= 1.3", "hysteresis <= 10 %"),
        pulse=("account.balance", "streak.get"),
        customers={"impatient-claim": 40.0, "ordinary-banking": 35.0, "check-in": 20.0, "idempotency-probe": 5.0},
        arrivals_per_s=8.0,
        long_window_s=15.0,
    )

    links: tuple[str, ...] = Field(
        default=("campaign-a.db", "campaign-b.db"), min_length=1, max_length=20, description="by their names in the topology"
    )
    latency_ms: int = Field(default=250, ge=1, le=10_000)
    times: float = Field(default=5.0, gt=1, le=MOST_TIMES, description="so many times the customers; those who come besides are impatient")
    lasts_s: float = Field(default=4.0, gt=0, le=600, description="of the slowness, and of the rush")
    at_once: int = Field(default=5, ge=1, le=100_000, description="operations that a node serves at once")
    hold_ms: float = Field(default=110.0, ge=1, le=10_000, description="for how long each of them takes up its place")
    queue: int = Field(default=10, ge=0, le=100_000, description="how many more may wait at a node, before others are turned away")

    def steps(self) -> tuple[FaultStep, ...]:
        """Bounded nodes, then the rush, and slow links right after it."""
        bounded = Autoscaling(at_once=self.at_once, hold_ms=self.hold_ms, queue=self.queue)
        slow = [LinkToxic(link=link, latency_ms=self.latency_ms) for link in self.links]
        rush = LoadSurge(times=self.times, mix={"impatient-claim": 1.0}, operations=("activity.token", "claim.submit"))
        return (
            FaultStep(bounded, lasts_s=_READY_S + self.lasts_s + _GOES_ON_S, sets_up=True),
            FaultStep(rush, after_s=_READY_S, lasts_s=self.lasts_s),
            *(FaultStep(one, lasts_s=self.lasts_s) for one in slow),
        )
