"""The core bank answers the campaign, and takes 0.7 s for it."""

from pydantic import Field

from chaos.dependency_drill import BANK_PROBES, OPENS_AND_CLOSES, UNTOUCHED_S, breaker_gates
from chaos.drill import Drill, DrillFacts, DrillLimits, FaultStep
from chaos.faults.link_toxic import LinkToxic


class BankSlow(Drill):
    """Latency on the campaign's ways to the bank: its breakers open, and what is owed waits and is paid once when the bank is well."""

    facts = DrillFacts(
        domain="dependency",
        hypothesis=OPENS_AND_CLOSES,
        blast_radius="what the campaign owes is paid later; banking itself goes on, and so do claims",
        access=("proxy_api", "topology"),
        deadline_s=20.0,
        rto_s=UNTOUCHED_S,
        gates=breaker_gates("15 s", probes=BANK_PROBES),
        pulse=("account.balance", "activity.token"),
        customers={"flash-sale": 60.0, "check-in": 20.0, "ordinary-banking": 15.0, "idempotency-probe": 5.0},
        arrivals_per_s=1.5 * DrillLimits().arrivals_per_s,
    )

    links: tuple[str, ...] = Field(
        default=("campaign-a.bank", "campaign-b.bank"), min_length=1, max_length=20, description="by their names in the topology"
    )
    latency_ms: int = Field(default=700, ge=1, le=10_000)
    lasts_s: float = Field(default=16.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """All links, one right after the other."""
        return tuple(FaultStep(LinkToxic(link=link, latency_ms=self.latency_ms), lasts_s=self.lasts_s) for link in self.links)
