"""The biller errs in every answer."""

from chaos.dependency_drill import DependencyDrill, breaker_facts

PLAN = ("P1-04", "P4-03")


class BillerErrors(DependencyDrill):
    """Points that were taken for what it does not deliver come back once; the breakers toward it open, spare it, and close."""

    facts = breaker_facts("biller", "8 s")
    supplier, dial, value = "biller", "errors", 1.0
