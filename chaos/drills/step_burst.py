"""Five times the customers from one second to the next, on nodes of bounded capacity."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.autoscaling import Autoscaling
from chaos.faults.load_surge import LoadSurge
from scenarios.plan.surges import MOST_TIMES

_READY_S = 1.0
_GOES_ON_S = 15.0  # bounded, after the burst: what has waited must not hide behind great capacity


class StepBurst(Drill):
    """The burst is more than the nodes can serve: they turn some away at once, nodes join, and all is soon well."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="Whom it cannot serve it turns away at once; most are served meanwhile, and soon after the burst all are.",
        blast_radius="customers of the campaign service are turned away until there are enough nodes, or the burst is over",
        access=("topology",),
        deadline_s=30.0,
        rto_s=20.0,
        gates=("outage-equivalent <= 5 s",),
        pulse=("account.balance", "streak.get"),
        arrivals_per_s=8.0,
    )

    times: float = Field(default=5.0, gt=1, le=MOST_TIMES, description="so many times the customers")
    lasts_s: float = Field(default=8.0, gt=0, le=600, description="of the burst")
    at_once: int = Field(default=5, ge=1, le=100_000, description="operations that a node serves at once")
    hold_ms: float = Field(default=110.0, ge=1, le=10_000, description="for how long each of them takes up its place")
    queue: int = Field(default=10, ge=0, le=100_000, description="how many more may wait at a node, before others are turned away")

    def steps(self) -> tuple[FaultStep, ...]:
        """Bounded nodes and the autoscaler, then the burst."""
        bounded = Autoscaling(at_once=self.at_once, hold_ms=self.hold_ms, queue=self.queue)
        return (
            FaultStep(bounded, lasts_s=_READY_S + self.lasts_s + _GOES_ON_S, sets_up=True),
            FaultStep(LoadSurge(times=self.times), after_s=_READY_S, lasts_s=self.lasts_s),
        )
