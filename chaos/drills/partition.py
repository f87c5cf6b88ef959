"""The two centres' databases lose sight of each other, and nobody else does: gateways and nodes still reach the other centre."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_cut import LinkCut


class Partition(Drill):
    """Replication is cut in both directions, both databases living: the one goes on alone in the open, and the other never writes."""

    facts = DrillFacts(
        domain="link",
        hypothesis="Without replication commits wait, then the world says that it goes without a standby; one writer, and nothing is lost.",
        blast_radius="every write, until the primary goes on alone; of the ways between the centres replication alone is cut",
        access=("proxy_api", "topology"),
        deadline_s=10.0,
        rto_s=10.0,
        gates=("switches <= 1",),
    )

    link: str = Field(default="", description="by its name in the topology; without one, that from the primary to its standby")
    lasts_s: float = Field(default=14.0, gt=0, le=600, description="longer than customers may wait for it")

    def steps(self) -> tuple[FaultStep, ...]:
        """The only way between them is cut, and opened again."""
        return (FaultStep(LinkCut(link=self.link), lasts_s=self.lasts_s),)
