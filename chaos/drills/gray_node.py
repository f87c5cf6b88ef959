"""A node is slow, and says that it is well."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_toxic import LinkToxic


class GrayNode(Drill):
    """Latency on one node's way to its database: it lives, answers health checks, and does its work two seconds late."""

    facts = DrillFacts(
        domain="node",
        hypothesis="A node that works too slowly is taken out though it lives, while it is slow; the others carry the load.",
        blast_radius="every second customer of the service, until the node is taken out",
        access=("proxy_api",),
        deadline_s=10.0,
        rto_s=8.0,
    )

    link: str = Field(default="bank-a.db", description="the node's way to its database, by its name in the topology")
    latency_ms: int = Field(default=2000, ge=1, le=10_000)
    lasts_s: float = Field(default=14.0, gt=0, le=600, description="longer than it may take to be taken out")

    def steps(self) -> tuple[FaultStep, ...]:
        """One link slows down, and is as before once the recovery is judged."""
        return (FaultStep(LinkToxic(link=self.link, latency_ms=self.latency_ms), lasts_s=self.lasts_s),)
