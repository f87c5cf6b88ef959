"""The voucher supplier answers, and takes 0.7 s for it."""

from typing import ClassVar

from pydantic import Field

from chaos.dependency_drill import DependencyDrill, breaker_gates, dependency_facts
from chaos.drill import DrillFacts


class VoucherSlow(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts: ClassVar[DrillFacts] = dependency_facts(
        "voucher-slow",
        "voucher",
        "Each node's breaker opens soon, lets nothing through but a few probes, and closes soon after the supplier is well.",
        *breaker_gates("12 s"),
    )
    supplier, dial, value = "voucher", "latency_ms", 700.0

    lasts_s: float = Field(default=13.0, gt=0, le=600, description="32 of 40 calls must have been slow, and coupons are redeemed seldom")
