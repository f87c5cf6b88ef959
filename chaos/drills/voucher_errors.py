"""The voucher supplier errs in every answer."""

from chaos.dependency_drill import DependencyDrill, breaker_facts


class VoucherErrors(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts = breaker_facts("voucher", "8 s")
    supplier, dial, value = "voucher", "errors", 1.0
