"""The voucher supplier answers, and takes 0.7 s for it."""

from pydantic import Field

from chaos.dependency_drill import DependencyDrill, breaker_facts


class VoucherSlow(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts = breaker_facts("voucher", "12 s")
    supplier, dial, value = "voucher", "latency_ms", 700.0

    lasts_s: float = Field(default=13.0, gt=0, le=600, description="32 of 40 calls must have been slow, and coupons are redeemed seldom")
