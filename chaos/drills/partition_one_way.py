"""What the primary writes does not arrive in the other centre any more, and nobody is told."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_toxic import LinkToxic


class PartitionOneWay(Drill):
    """One direction of replication goes silent, its connections standing: it looks like a slow network, and is a partition."""

    facts = DrillFacts(
        domain="link",
        hypothesis="Silence of replication is told from slowness: commits wait, then the world says that it goes without; nothing is lost.",
        blast_radius="every write, until the primary goes on alone; of the ways between the centres replication alone goes silent",
        access=("proxy_api", "topology"),
        deadline_s=12.0,
        rto_s=12.0,
        gates=("switches <= 1",),
    )

    link: str = Field(default="", description="by its name in the topology; without one, that from the primary to its standby")
    lasts_s: float = Field(default=16.0, gt=0, le=600, description="longer than customers may wait for it")

    def steps(self) -> tuple[FaultStep, ...]:
        """What comes down the link goes nowhere; what goes up it arrives."""
        return (FaultStep(LinkToxic(link=self.link, toxic="timeout", stream="downstream"), lasts_s=self.lasts_s),)
