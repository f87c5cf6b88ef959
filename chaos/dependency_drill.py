"""Drills of a dependency that fails in one way, for each supplier that is called through a breaker."""

from typing import ClassVar, Literal

from pydantic import Field

from chaos.drill import Drill, DrillFacts, DrillLimits, FaultStep
from chaos.faults.supplier_dial import SupplierDial

Supplier = Literal["biller", "risk", "sms", "voucher"]

OPENS_AND_CLOSES = "Each node's breaker opens soon, lets nothing through but a few probes, and closes soon after the supplier is well."

_HITS: dict[Supplier, str] = {
    "biller": "points cannot be exchanged and come back at once; nothing else is touched",
    "risk": "leave to claim is held back; nothing else is touched",
    "sms": "nobody registers, for no code comes; nothing else is touched",
    "voucher": "coupons cannot be redeemed; nothing else is touched",
}
_DEADLINE_S = 20.0
_LASTS_S = 9.0
BANK_PROBES = 2
"""Of the breaker toward the core bank, which few calls must tell; of those toward suppliers there are five."""
UNTOUCHED_S = 5.0
"""Of banking beside what it does not need: it is to feel nothing, but a busy machine may be late by itself."""
_PROBES = 5
SOON, SOON_FOR_FEW_CALLS = "4 s", "6 s"
"""To close again: 2 s of waiting, a probe held for 1 s, and five calls, of which each node makes few of most suppliers: 4 to 8 a second."""


class DependencyDrill(Drill):
    """One dial of one supplier is turned, and put to rest again."""

    supplier: ClassVar[Supplier]
    dial: ClassVar[Literal["errors", "latency_ms", "blackhole", "unanswered"]]
    value: ClassVar[float]

    lasts_s: float = Field(default=_LASTS_S, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One turn of the dial."""
        return (FaultStep(SupplierDial(supplier=self.supplier, dial=self.dial, value=self.value), lasts_s=self.lasts_s),)


def dependency_facts(supplier: Supplier, hypothesis: str, *gates: str) -> DrillFacts:
    """Facts of a drill that breaks this supplier, whose customers need it; `gates` are its own limits."""
    facts = DrillFacts(
        domain="dependency",
        hypothesis=hypothesis,
        blast_radius=_HITS[supplier],
        access=("topology",),
        deadline_s=_DEADLINE_S,
        gates=gates,
        pulse=("account.balance", "activity.token"),
    )
    if supplier == "risk":
        return facts
    # The pulse cannot do it: it takes points or a coupon, and a telephone is sent few codes. It is banking, which is to feel nothing.
    journey = {"biller": "points-exchange", "sms": "register", "voucher": "flash-sale"}[supplier]
    customers, usual = {journey: 80.0, "ordinary-banking": 15.0, "idempotency-probe": 5.0}, DrillLimits()
    return facts.model_copy(
        update={"pulse": usual.pulse, "customers": customers, "arrivals_per_s": 1.5 * usual.arrivals_per_s, "rto_s": UNTOUCHED_S}
    )


def breaker_facts(supplier: Supplier, time_to_open: str) -> DrillFacts:
    """Facts of a drill after whose fault a breaker has to open, and to close again when the supplier is well."""
    return dependency_facts(supplier, OPENS_AND_CLOSES, *breaker_gates(time_to_open, SOON if supplier == "risk" else SOON_FOR_FEW_CALLS))


def breaker_gates(time_to_open: str, time_to_close: str = SOON, probes: int = _PROBES) -> tuple[str, ...]:
    """What is wanted of a breaker whose dependency fails and gets well again, and that lets so many probes through."""
    return (
        f"time to open <= {time_to_open}",
        f"half-open probes <= {probes}",
        "calls while open <= 0",
        f"time to close <= {time_to_close}",
        "flaps <= 0",
    )
