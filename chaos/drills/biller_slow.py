"""The biller answers, and takes 0.7 s for it."""

from pydantic import Field

from chaos.dependency_drill import DependencyDrill, breaker_facts

PLAN = ("P1-04", "P4-03")


class BillerSlow(DependencyDrill):
    """Points that were taken for what it does not deliver come back once; the breakers toward it open, spare it, and close."""

    facts = breaker_facts("biller", "12 s")
    supplier, dial, value = "biller", "latency_ms", 700.0

    lasts_s: float = Field(default=13.0, gt=0, le=600, description="32 of 40 calls must have been slow, and it is called seldom")
