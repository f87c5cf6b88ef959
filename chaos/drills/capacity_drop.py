"""Nodes that can do much less than before, and the autoscaler, which has to add some."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.autoscaling import Autoscaling

PLAN = ("P5-02",)


class CapacityDrop(Drill):
    """Each node serves so little from now on that those which are there are too few: as many are added as the load needs."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="Too few nodes are not too few for long: more of them join, warm, and carry what is asked; later they leave again.",
        blast_radius="customers of the campaign service wait or are turned away until there are enough nodes",
        access=("topology",),
        deadline_s=30.0,
        rto_s=30.0,
        pulse=("account.balance", "streak.get"),
        arrivals_per_s=15.0,
    )

    at_once: int = Field(default=4, ge=1, le=100_000, description="operations that a node serves at once")
    hold_ms: float = Field(default=125.0, ge=1, le=10_000, description="for how long each of them takes up its place")
    queue: int = Field(default=10, ge=0, le=100_000, description="how many more may wait at a node")
    lasts_s: float = Field(default=35.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """Little capacity and the autoscaler, then as before."""
        return (FaultStep(Autoscaling(at_once=self.at_once, hold_ms=self.hold_ms, queue=self.queue), lasts_s=self.lasts_s),)
