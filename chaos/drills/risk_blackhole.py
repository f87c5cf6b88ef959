"""The risk decision takes every call and answers none."""

from chaos.dependency_drill import DependencyDrill, breaker_facts


class RiskBlackhole(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts = breaker_facts("risk", "5 s")
    supplier, dial, value = "risk", "blackhole", 1.0
