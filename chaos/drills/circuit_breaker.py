"""A supplier fails for most of its callers, then falls silent, then is well again."""

from typing import ClassVar, Literal

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.supplier_dial import SupplierDial


class CircuitBreaker(Drill):
    """60 % errors, then a black hole, then health: each node's breaker opens, probes within its bound, and closes for good."""

    facts: ClassVar[DrillFacts] = DrillFacts(
        domain="dependency",
        hypothesis="Each node's breaker opens soon, lets nothing through but a few probes, and closes soon after the supplier is well.",
        blast_radius="what needs the supplier: leave to claim waits, coupons cannot be redeemed; nothing else is touched",
        access=("topology",),
        rto_s=15,
        gates=(
            "time to open of circuit-breaker <= 5 s",
            "half-open probes of circuit-breaker <= 5",
            "calls while open of circuit-breaker <= 0",
            "time to close of circuit-breaker <= 4 s",
            "flaps of circuit-breaker <= 0",
        ),
        pulse=("account.balance", "activity.token"),
    )

    supplier: Literal["risk", "voucher"] = "risk"
    errors: float = Field(default=0.6, gt=0, le=1, description="share of its answers that are errors, at first")
    each_lasts_s: float = Field(default=4.0, gt=0, le=600, description="how long it errs, and how long it is silent after that")

    def steps(self) -> tuple[FaultStep, ...]:
        """It goes on erring under its silence; both are taken back together."""
        erring = SupplierDial(supplier=self.supplier, dial="errors", value=self.errors)
        silent = SupplierDial(supplier=self.supplier, dial="blackhole", value=1.0)
        return (
            FaultStep(erring, lasts_s=2 * self.each_lasts_s),
            FaultStep(silent, after_s=self.each_lasts_s, lasts_s=self.each_lasts_s),
        )
