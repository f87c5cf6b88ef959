"""The biller takes every call and answers none."""

from chaos.dependency_drill import DependencyDrill, breaker_facts

PLAN = ("P1-04", "P4-03")


class BillerBlackhole(DependencyDrill):
    """Points that were taken for what it does not deliver come back once; the breakers toward it open, spare it, and close."""

    facts = breaker_facts("biller", "8 s")
    supplier, dial, value = "biller", "blackhole", 1.0
