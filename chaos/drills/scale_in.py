"""A node less under load: what it had in flight is answered."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_toxic import LinkToxic
from chaos.faults.node_scaled_in import NodeScaledIn

_SLOW_S = 2.0
_FILLS_S = 0.7

PLAN = ("P5-02",)


class ScaleIn(Drill):
    """A node is scaled in while customers are waiting for it, for its way to the database is slow; later it comes back."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="A node that is scaled in answers everybody who is with it before it goes; nobody fails, then or when it is back.",
        blast_radius="what the node has in flight, if it is cut",
        access=("topology", "proxy_api"),
        deadline_s=12.0,
        rto_s=12.0,
        gates=("failures <= 0",),
        pulse=("account.balance", "streak.get"),
        arrivals_per_s=15.0,
    )

    node: str = Field(default="campaign-b", description="one that serves, by its name in the topology")
    link: str = Field(default="campaign-b.db", description="its way to the database, which is slow before, so that much is in flight")
    latency_ms: int = Field(default=200, ge=1, le=400)
    lasts_s: float = Field(default=6.0, gt=3, le=600, description="after which the node comes back, once its way is quick again")

    def steps(self) -> tuple[FaultStep, ...]:
        """A slow link, the node leaves, a quick link, the node is back."""
        return (
            FaultStep(LinkToxic(link=self.link, latency_ms=self.latency_ms), lasts_s=_SLOW_S, sets_up=True),
            FaultStep(NodeScaledIn(node=self.node), after_s=_FILLS_S, lasts_s=self.lasts_s),
        )
