"""The voucher supplier errs in every answer."""

from typing import ClassVar

from chaos.dependency_drill import DependencyDrill, breaker_gates, dependency_facts
from chaos.drill import DrillFacts


class VoucherErrors(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts: ClassVar[DrillFacts] = dependency_facts(
        "voucher-errors",
        "voucher",
        "Each node's breaker opens soon, lets nothing through but a few probes, and closes soon after the supplier is well.",
        *breaker_gates("8 s"),
    )
    supplier, dial, value = "voucher", "errors", 1.0
