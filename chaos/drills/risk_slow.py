"""The risk decision answers, and takes 0.7 s for it."""

from chaos.dependency_drill import DependencyDrill, breaker_facts


class RiskSlow(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts = breaker_facts("risk", "5 s")
    supplier, dial, value = "risk", "latency_ms", 700.0
