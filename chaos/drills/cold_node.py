"""A node more under load: it is warm before customers meet it."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_cut import LinkCut
from chaos.faults.node_scaled_out import NodeScaledOut

PLAN = ("P5-02",)


class ColdNode(Drill):
    """A node joins at the peak whose way to the database is not there yet: it must not get customers before it is; later it leaves."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="A node that joins is warm before it gets customers, however long that takes: none of them is its first.",
        blast_radius="the new node's share of the customers, if it gets them cold",
        access=("topology", "proxy_api"),
        deadline_s=20.0,
        rto_s=20.0,
        gates=("failures <= 0", "outage-equivalent <= 3 s"),
        pulse=("account.balance", "streak.get"),
        arrivals_per_s=15.0,
    )

    node: str = Field(default="campaign-a2", description="the place that it takes, by its name")
    link: str = Field(default="campaign-a2.db", description="its way to the database")
    cold_s: float = Field(default=6.0, gt=0, le=20, description="how long that is cut: longer than the node takes to begin")
    lasts_s: float = Field(default=5.0, gt=0, le=600, description="how long the node serves")

    def steps(self) -> tuple[FaultStep, ...]:
        """No way, the node begins, there is a way, it joins, it leaves."""
        return (
            FaultStep(LinkCut(link=self.link), lasts_s=self.cold_s, sets_up=True),
            FaultStep(NodeScaledOut(node=self.node), lasts_s=self.lasts_s),
        )
