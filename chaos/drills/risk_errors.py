"""The risk decision errs in every answer."""

from chaos.dependency_drill import DependencyDrill, breaker_facts


class RiskErrors(DependencyDrill):
    """The breakers toward it open, spare it, and close when it is well."""

    facts = breaker_facts("risk", "5 s")
    supplier, dial, value = "risk", "errors", 1.0
