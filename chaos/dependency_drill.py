"""Drills of a dependency that fails in one way, for each supplier that is called through a breaker."""

from typing import ClassVar, Literal

from pydantic import Field

from chaos.drill import ARRIVALS_PER_S, CUSTOMERS, PULSE, Drill, DrillFacts, FaultStep
from chaos.faults.supplier_dial import SupplierDial

Supplier = Literal["risk", "voucher"]

_HITS: dict[Supplier, str] = {
    "risk": "leave to claim is held back; nothing else is touched",
    "voucher": "coupons cannot be redeemed; nothing else is touched",
}
_DEADLINE_S = 20.0
_LASTS_S = 9.0


class DependencyDrill(Drill):
    """One dial of one supplier is turned, and put to rest again."""

    supplier: ClassVar[Supplier]
    dial: ClassVar[Literal["errors", "latency_ms", "blackhole"]]
    value: ClassVar[float]

    lasts_s: float = Field(default=_LASTS_S, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One turn of the dial."""
        return (FaultStep(SupplierDial(supplier=self.supplier, dial=self.dial, value=self.value), lasts_s=self.lasts_s),)


def dependency_facts(drill: str, supplier: Supplier, hypothesis: str, *gates: str) -> DrillFacts:
    """Facts of a drill that breaks this supplier: its customers need it, and `gates` are limits of the drill without its name."""
    redeems = supplier == "voucher"  # which the pulse cannot do: it takes a coupon
    return DrillFacts(
        domain="dependency",
        hypothesis=hypothesis,
        blast_radius=_HITS[supplier],
        access=("topology",),
        deadline_s=_DEADLINE_S,
        rto_s=15,
        gates=tuple(gate.replace(" <=", f" of {drill} <=") for gate in gates),
        pulse=PULSE if redeems else ("account.balance", "activity.token"),
        customers={"flash-sale": 80.0, "ordinary-banking": 15.0, "idempotency-probe": 5.0} if redeems else CUSTOMERS,
        arrivals_per_s=1.5 * ARRIVALS_PER_S if redeems else ARRIVALS_PER_S,
    )


def breaker_gates(time_to_open: str) -> tuple[str, ...]:
    """What is wanted of a breaker whose dependency fails and gets well again."""
    return (
        f"time to open <= {time_to_open}",
        "half-open probes <= 5",
        "calls while open <= 0",
        "time to close <= 4 s",
        "flaps <= 0",
    )
