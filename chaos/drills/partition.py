"""The two centres' databases lose sight of each other."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_cut import LinkCut


class Partition(Drill):
    """Replication is cut in both directions, both databases living: the one goes on alone in the open, and the other never writes."""

    facts = DrillFacts(
        domain="link",
        hypothesis="Commits wait, then the world says that it goes without a standby; there is one writer throughout, and nothing is lost.",
        blast_radius="every write, until the primary goes on alone",
        access=("proxy_api", "topology"),
        deadline_s=10.0,
        rto_s=10.0,
        gates=("switches <= 1",),
    )

    link: str = Field(default="a-b.replication", description="the standby's way to the primary")
    lasts_s: float = Field(default=14.0, gt=0, le=600, description="longer than customers may wait for it")

    def steps(self) -> tuple[FaultStep, ...]:
        """The only way between them is cut, and opened again."""
        return (FaultStep(LinkCut(link=self.link), lasts_s=self.lasts_s),)
