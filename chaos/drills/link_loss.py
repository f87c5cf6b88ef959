"""A node loses its way to the database."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_cut import LinkCut


class LinkLoss(Drill):
    """One link is cut, and opened again: who depends on it must be taken out or answer otherwise, and no operation may be lost."""

    facts = DrillFacts(
        domain="link",
        hypothesis="A node without its database is taken out, the others carry the load, and no operation is lost.",
        blast_radius="what goes over the link: by default the database work of one campaign node",
        access=("topology",),
    )

    link: str = Field(default="campaign-a.db", description="by its name in the topology")
    lasts_s: float = Field(default=5.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One link is cut, and opened again."""
        return (FaultStep(LinkCut(link=self.link), lasts_s=self.lasts_s),)
