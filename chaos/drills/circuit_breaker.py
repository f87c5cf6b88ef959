"""A supplier fails for most of its callers, then falls silent, then is well again."""

from typing import Literal

from pydantic import Field

from chaos.dependency_drill import OPENS_AND_CLOSES, breaker_gates
from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.supplier_dial import SupplierDial


class CircuitBreaker(Drill):
    """60 % errors, then a black hole, then health: each node's breaker opens, probes within its bound, and closes for good."""

    facts = DrillFacts(
        domain="dependency",
        hypothesis=OPENS_AND_CLOSES,
        blast_radius="what needs the supplier: leave to claim waits, coupons cannot be redeemed; nothing else is touched",
        access=("topology",),
        gates=breaker_gates("5 s"),
        pulse=("account.balance", "activity.token"),
    )

    supplier: Literal["risk", "voucher"] = "risk"
    errors: float = Field(default=0.6, gt=0, le=1, description="share of its answers to each caller that are errors, at first")
    each_lasts_s: float = Field(default=4.0, gt=0, le=600, description="how long it errs, and how long it is silent after that")

    def steps(self) -> tuple[FaultStep, ...]:
        """It goes on erring under its silence; both are taken back together."""
        erring = SupplierDial(supplier=self.supplier, dial="even_errors", value=self.errors)
        silent = SupplierDial(supplier=self.supplier, dial="blackhole", value=1.0)
        return (
            FaultStep(erring, lasts_s=2 * self.each_lasts_s),
            FaultStep(silent, after_s=self.each_lasts_s, lasts_s=self.each_lasts_s),
        )
