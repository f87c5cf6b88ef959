"""The risk decision answers, and takes 0.7 s for it."""

from typing import ClassVar

from chaos.dependency_drill import DependencyDrill, breaker_gates, dependency_facts
from chaos.drill import DrillFacts


class RiskSlow(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts: ClassVar[DrillFacts] = dependency_facts(
        "risk-slow",
        "risk",
        "Each node's breaker opens soon, lets nothing through but a few probes, and closes soon after the supplier is well.",
        *breaker_gates("5 s"),
    )
    supplier, dial, value = "risk", "latency_ms", 700.0
