"""The voucher supplier takes every call and answers none."""

from chaos.dependency_drill import DependencyDrill, breaker_facts


class VoucherBlackhole(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts = breaker_facts("voucher", "8 s")
    supplier, dial, value = "voucher", "blackhole", 1.0
