"""Replication gets slow while the primary lives."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_toxic import LinkToxic


class SlowStandby(Drill):
    """Latency on the way from the primary to its standby: commits wait, or the world degrades visibly; nothing acknowledged is lost."""

    facts = DrillFacts(
        domain="database",
        hypothesis="Commits wait for the slow standby or the world says that it goes without; nothing that was acknowledged is lost.",
        blast_radius="every write, while replication is slow",
        access=("proxy_api", "topology"),
    )

    link: str = Field(default="", description="by its name in the topology; without one, that from the primary to its standby")
    latency_ms: int = Field(default=300, ge=1, le=10_000)
    lasts_s: float = Field(default=5.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One link slows down, and is as before."""
        return (FaultStep(LinkToxic(link=self.link, latency_ms=self.latency_ms), lasts_s=self.lasts_s),)
