"""The nodes' ways to the database get slower, all alike."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.link_toxic import LinkToxic


class LinkLatency(Drill):
    """Latency between the bank's nodes and the database: slower answers, and no others."""

    facts = DrillFacts(
        domain="link",
        hypothesis="Customers wait a little longer: nothing fails, nothing is taken out, nothing switches, no operation is lost.",
        blast_radius="the latency of everything that the bank's nodes do",
        access=("proxy_api", "topology"),
        deadline_s=8.0,
        rto_s=2.0,
        gates=("switches <= 0", "outage-equivalent <= 1 s"),
    )

    links: tuple[str, ...] = Field(
        default=("bank-a.db", "bank-b.db"), min_length=1, max_length=20, description="by their names in the topology"
    )
    latency_ms: int = Field(default=50, ge=1, le=10_000)
    lasts_s: float = Field(default=5.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """All links, one right after the other."""
        return tuple(FaultStep(LinkToxic(link=link, latency_ms=self.latency_ms), lasts_s=self.lasts_s) for link in self.links)
