"""A node loses its way to the database."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_cut import LinkCut


class LinkLoss(Drill):
    """One link is cut, and opened again: who depends on it must be taken out or answer otherwise, and no operation may be lost."""

    facts = DrillFacts(
        domain="link",
        hypothesis="A node without its database is taken out, the others carry the load, and no operation is lost.",
        blast_radius="what goes over the link: by default the database work of one of the bank's nodes",
        access=("proxy_api",),
        deadline_s=10.0,
        rto_s=10.0,
    )

    link: str = Field(default="bank-a.db", description="by its name in the topology; one that the pulse goes through")
    lasts_s: float = Field(default=12.0, gt=0, le=600, description="longer than it may take until the node is taken out")

    def steps(self) -> tuple[FaultStep, ...]:
        """One link is cut, and opened again."""
        return (FaultStep(LinkCut(link=self.link), lasts_s=self.lasts_s),)
