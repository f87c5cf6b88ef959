"""A service node is lost at the peak."""

from typing import Literal

from pydantic import Field

from chaos.drill import EACH_WAY, Drill, DrillFacts, FaultStep
from chaos.faults.process_kill import ProcessKill

PLAN = ("P5-03",)


class NodeKill(Drill):
    """kill -9 of one service node: the others must carry the load."""

    facts = DrillFacts(
        domain="node",
        hypothesis="The other nodes carry the load, by each gateway, and no operation is lost.",
        blast_radius="what the killed node had in flight",
        access=("topology",),
        rto_s=4.0,  # long before the node is back
        ways=EACH_WAY,
    )

    service: str = Field(default="bank", description="the role of the node in the topology; one that the pulse goes through")
    datacentre: Literal["A", "B"] = "A"
    lasts_s: float = Field(default=5.0, gt=0, le=600, description="after which its owner is asked to start it again")

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow; the node is asked for again in mid-load."""
        return (FaultStep(ProcessKill(part="node", role=self.service, datacentre=self.datacentre), lasts_s=self.lasts_s),)
